//! What an operation tells its user: problems with their codes, results, progress.

mod catalogue;
mod problem;

pub use catalogue::Code;
pub use problem::{Problem, ResultOf};
