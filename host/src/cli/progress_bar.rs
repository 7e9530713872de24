//! Progress on a terminal.

use crate::report::{Position, Progress, Unit};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::Duration;
use tokio::task::JoinHandle;

/// How often the line is drawn.
const INTERVAL: Duration = Duration::from_millis(100);

/// A line on standard error that shows how far an operation is, until this is dropped. Nothing where standard error is
/// no terminal.
pub(super) struct Watched {
    bar: ProgressBar,
    drawing: JoinHandle<()>,
}

impl Watched {
    /// Show `progress` unless `hidden`.
    pub fn new(progress: Progress, hidden: bool) -> Self {
        let target = if hidden {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr()
        };
        let bar = ProgressBar::with_draw_target(None, target);
        let drawing = tokio::spawn(draw(bar.clone(), progress));
        Watched { bar, drawing }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.drawing.abort();
        self.bar.finish_and_clear();
    }
}

async fn draw(bar: ProgressBar, progress: Progress) {
    let mut shown = Position::default();
    loop {
        tokio::time::sleep(INTERVAL).await;
        let now = progress.now();
        if (&now.step, now.total) != (&shown.step, shown.total) {
            let style = ProgressStyle::with_template(template(now.total, now.unit));
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
            bar.set_length(now.total.unwrap_or_default());
            bar.set_message(now.step.clone());
        }
        bar.set_position(now.done);
        bar.tick();
        shown = now;
    }
}

/// A bar where the number of things to do is known, a spinner where it is not.
fn template(total: Option<u64>, unit: Unit) -> &'static str {
    match (total, unit) {
        (Some(_), Unit::Things) => "{msg} [{bar:30}] {pos}/{len} {elapsed}",
        (None, Unit::Things) => "{spinner} {msg} {pos} {elapsed}",
        (Some(_), Unit::Bytes) => "{msg} [{bar:30}] {binary_bytes}/{binary_total_bytes} {elapsed}",
        (None, Unit::Bytes) => "{spinner} {msg} {binary_bytes} {elapsed}",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    fn templates_are_right(
        #[values(Some(3), None)] total: Option<u64>,
        #[values(Unit::Things, Unit::Bytes)] unit: Unit,
    ) {
        assert!(ProgressStyle::with_template(template(total, unit)).is_ok());
    }
}
