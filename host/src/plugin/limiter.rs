//! Memory of instances: a limit for each, and a budget for all.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use wasmtime::{ResourceLimiter, Result};

/// Elements in one table. 100,000: the functions of the largest script runtimes are a fifth of that.
const TABLE_ELEMENTS: usize = 100_000;

/// The linear memory that all instances together may have.
#[derive(Debug)]
pub struct Budget {
    limit: usize,
    used: AtomicUsize,
}

impl Budget {
    /// A budget of `limit` bytes.
    pub fn new(limit: usize) -> Arc<Self> {
        Arc::new(Budget {
            limit,
            used: AtomicUsize::new(0),
        })
    }

    fn take(&self, bytes: usize) -> bool {
        let more = |used: usize| used.checked_add(bytes).filter(|&sum| sum <= self.limit);
        self.used
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, more)
            .is_ok()
    }
}

/// Keeps one instance within its memory, and remembers when it wanted more.
#[derive(Debug)]
pub struct Limiter {
    budget: Arc<Budget>,
    limit: usize,
    used: usize,
    refused: bool,
}

impl Limiter {
    /// A limiter for an instance that may have `limit` bytes out of `budget`.
    pub fn new(budget: &Arc<Budget>, limit: usize) -> Self {
        Limiter {
            budget: Arc::clone(budget),
            limit,
            used: 0,
            refused: false,
        }
    }

    /// Bytes that the instance has now.
    pub fn used(&self) -> usize {
        self.used
    }

    /// Whether the instance wanted more than it may have.
    pub fn refused(&self) -> bool {
        self.refused
    }
}

impl Drop for Limiter {
    fn drop(&mut self) {
        self.budget.used.fetch_sub(self.used, Ordering::AcqRel);
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> Result<bool> {
        let growth = desired.saturating_sub(current);
        let fits = self.used.saturating_add(growth) <= self.limit && self.budget.take(growth);
        if fits {
            self.used += growth;
        }
        self.refused |= !fits;
        Ok(fits)
    }

    fn table_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> Result<bool> {
        let fits = desired <= TABLE_ELEMENTS;
        self.refused |= !fits;
        Ok(fits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instance_gets_its_memory_and_no_more() {
        let mut limiter = Limiter::new(&Budget::new(1000), 100);
        assert!(limiter.memory_growing(0, 60, None).unwrap());
        assert!(!limiter.memory_growing(60, 101, None).unwrap());
        assert!(limiter.refused());
        assert!(limiter.memory_growing(60, 100, None).unwrap());
    }

    #[test]
    fn instances_share_a_budget_and_give_it_back() {
        let budget = Budget::new(100);
        let mut first = Limiter::new(&budget, 100);
        let mut second = Limiter::new(&budget, 100);
        assert!(first.memory_growing(0, 80, None).unwrap());
        assert!(!second.memory_growing(0, 80, None).unwrap());
        drop(first);
        assert!(second.memory_growing(0, 80, None).unwrap());
    }
}
