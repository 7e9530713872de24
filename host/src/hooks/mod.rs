//! Hooks: what is done in pods before and after they are backed up, and after they are restored.

mod pod;

pub use pod::RunningPod;
