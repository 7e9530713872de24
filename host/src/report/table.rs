//! Tables as `kubectl` prints them: columns of text without lines between them.

use comfy_table::{Attribute, Cell as TableCell, Color, ContentArrangement, Table as Grid, presets};

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
    /// given, the widest cells are broken into lines so that a row fits; else a row is one line, as scripts want it.
    pub fn render(&self, width: Option<u16>) -> String {
        let mut grid = Grid::new();
        grid.load_style(presets::NOTHING).force_no_tty().enforce_styling();
        grid.style_text_only();
        if let Some(width) = width {
            grid.set_content_arrangement(ContentArrangement::Dynamic)
                .set_width(width);
        }
        if !self.headings.is_empty() {
            grid.set_header(
                self.headings
                    .iter()
                    .map(|text| TableCell::new(text).add_attribute(Attribute::Bold)),
            );
        }
        for row in &self.rows {
            grid.add_row(row.iter().map(styled));
        }
        for column in grid.column_iter_mut() {
            column.set_padding((0, 3));
        }
        grid.lines()
            .map(|line| format!("{}\n", line.trim_end()))
            .collect()
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
    fn a_narrow_terminal_breaks_cells_and_loses_nothing() {
        let text = plain(&table().render(Some(30)));
        assert!(text.lines().all(|line| line.chars().count() <= 30), "{text}");
        for word in ["nightly", "damaged", "several", "places", "whole"] {
            assert!(text.contains(word), "{word} is missing in\n{text}");
        }
    }
}
