//! Tables as `kubectl` prints them: columns of text without lines between them.

use super::Description;
use comfy_table::{
    Attribute, Cell as TableCell, Color, ColumnConstraint, ContentArrangement, Table as Grid, presets,
};

/// Spaces between columns.
const GAP: usize = 3;

/// Columns in which a text can still be read when it is broken into lines.
const READABLE: usize = 20;

/// How a cell is to be understood; shown as a colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// Nothing special.
    #[default]
    Plain,
    /// As it should be.
    Good,
    /// Worth a look.
    Warning,
    /// Wrong.
    Bad,
}

/// One cell of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    text: String,
    tone: Tone,
}

impl Cell {
    /// `text`, to be understood as `tone`.
    pub fn new(text: impl ToString, tone: Tone) -> Self {
        Cell {
            text: text.to_string(),
            tone,
        }
    }
}

impl<T: ToString> From<T> for Cell {
    fn from(text: T) -> Self {
        Cell::new(text, Tone::Plain)
    }
}

/// Rows of cells below a row of headings.
#[derive(Clone, Debug)]
pub struct Table {
    headings: Vec<&'static str>,
    rows: Vec<Vec<Cell>>,
}

impl Table {
    /// A table without rows.
    pub fn new<const COLUMNS: usize>(headings: [&'static str; COLUMNS]) -> Self {
        Table {
            headings: headings.to_vec(),
            rows: Vec::new(),
        }
    }

    /// Add a row; as many cells as there are headings.
    pub fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The table as text that ends in a line feed, with ANSI colours. Where a `width` in columns of the terminal is
    /// given, a row that does not fit is told in several lines; else a row is one line, as scripts want it.
    pub fn render(&self, width: Option<u16>) -> String {
        let Some(width) = width.map(usize::from) else {
            return self.grid(None);
        };
        let widths = self.widths();
        let Some((last, others)) = widths.split_last() else {
            return self.grid(None);
        };
        let left = width.saturating_sub(others.iter().map(|width| width + GAP).sum());
        match left {
            _ if left >= *last => self.grid(None),
            left if left >= READABLE => self.grid(Some(width)),
            _ => self.records(),
        }
    }

    /// The columns of the terminal that each column of the table needs.
    fn widths(&self) -> Vec<usize> {
        let mut widths: Vec<usize> = self
            .headings
            .iter()
            .map(|heading| heading.chars().count())
            .collect();
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = cell.text.chars().count().max(*width);
            }
        }
        widths
    }

    /// Rows below headings. With a `width`, the last column is broken into lines so that rows fit.
    fn grid(&self, width: Option<usize>) -> String {
        let mut grid = Grid::new();
        grid.load_style(presets::NOTHING).force_no_tty().enforce_styling();
        grid.style_text_only();
        grid.set_header(
            self.headings
                .iter()
                .map(|text| TableCell::new(text).add_attribute(Attribute::Bold)),
        );
        for row in &self.rows {
            grid.add_row(row.iter().map(styled));
        }
        let last = self.headings.len().saturating_sub(1);
        for (index, column) in grid.column_iter_mut().enumerate() {
            let gap = if index == last {
                0
            } else {
                u16::try_from(GAP).unwrap_or_default()
            };
            column.set_padding((0, gap));
            if index != last {
                column.set_constraint(ColumnConstraint::ContentWidth);
            }
        }
        if let Some(width) = width.and_then(|width| u16::try_from(width).ok()) {
            grid.set_content_arrangement(ContentArrangement::Dynamic)
                .set_width(width);
        }
        grid.lines()
            .map(|line| format!("{}\n", line.trim_end()))
            .collect()
    }

    /// Each row as lines of headings and values, for a terminal that is narrower than the columns.
    fn records(&self) -> String {
        let record = |row: &Vec<Cell>| {
            let mut record = Description::default();
            for (heading, cell) in self.headings.iter().zip(row) {
                record.field(heading, &cell.text);
            }
            record.render()
        };
        self.rows.iter().map(record).collect::<Vec<_>>().join("\n")
    }
}

fn styled(cell: &Cell) -> TableCell {
    let shown = TableCell::new(&cell.text);
    match cell.tone {
        Tone::Plain => shown,
        Tone::Good => shown.fg(Color::DarkGreen),
        Tone::Warning => shown.fg(Color::DarkYellow),
        Tone::Bad => shown.fg(Color::DarkRed),
    }
}

/// The columns of the terminal that standard output is, if it is one.
pub fn terminal_width() -> Option<u16> {
    Grid::new().width()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    fn table() -> Table {
        let mut table = Table::new(["NAME", "STATUS"]);
        table.row(["nightly-of-the-long-name".into(), Cell::new("whole", Tone::Good)]);
        table.row(["b".into(), Cell::new("damaged in several places", Tone::Bad)]);
        table
    }

    #[test]
    fn columns_stand_below_their_headings() {
        let expected = "\
NAME                       STATUS
nightly-of-the-long-name   whole
b                          damaged in several places
";
        assert_eq!(plain(&table().render(None)), expected);
    }

    #[test]
    fn on_a_narrow_terminal_the_last_column_is_broken_into_lines() {
        let expected = "\
NAME                       STATUS
nightly-of-the-long-name   whole
b                          damaged in several
                           places
";
        assert_eq!(plain(&table().render(Some(48))), expected);
    }

    #[test]
    fn on_a_very_narrow_terminal_a_row_is_a_record() {
        let expected = "\
NAME:    nightly-of-the-long-name
STATUS:  whole

NAME:    b
STATUS:  damaged in several places
";
        assert_eq!(plain(&table().render(Some(40))), expected);
    }
}
