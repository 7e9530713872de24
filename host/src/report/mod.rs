//! What an operation tells its user: problems with their codes, results, progress.

mod cancellation;
mod catalogue;
mod outcome;
mod problem;
mod progress;
mod spelling;

pub use cancellation::Cancellation;
pub use catalogue::Code;
pub use outcome::Outcome;
pub use problem::{Problem, ResultOf};
pub use progress::{Position, Progress};
pub use spelling::{did_you_mean, nearest};
