//! What an operation tells its user: problems with their codes, results, progress; and how that is put into text.

mod cancellation;
mod catalogue;
mod description;
mod diff;
mod outcome;
mod problem;
mod progress;
mod spelling;
mod table;
pub mod units;

pub use cancellation::Cancellation;
pub use catalogue::Code;
pub use description::Description;
pub use diff::{diff, paint_diff};
pub use outcome::Outcome;
pub use problem::{Problem, ResultOf};
pub use progress::{Position, Progress, Unit};
pub use spelling::{did_you_mean, nearest};
pub use table::{Cell, Table, Tone, terminal_width};
