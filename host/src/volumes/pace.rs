//! How often something is looked at that takes its time.

use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until};

/// The first pause: pods may stand still meanwhile.
const SHORTEST: Duration = Duration::from_millis(50);

/// The longest one.
const LONGEST: Duration = Duration::from_secs(1);

/// Pauses that grow, up to a deadline.
pub(crate) struct Pace {
    pause: Duration,
    deadline: Option<Instant>,
}

impl Pace {
    /// Pauses until `limit` is over.
    pub fn new(limit: Duration) -> Self {
        Pace {
            pause: SHORTEST,
            deadline: Instant::now().checked_add(limit),
        }
    }

    /// Wait a while. False when the time is over.
    pub async fn wait(&mut self) -> bool {
        let now = Instant::now();
        match self.deadline {
            Some(deadline) if now >= deadline => return false,
            Some(deadline) if now + self.pause >= deadline => sleep_until(deadline).await,
            _ => sleep(self.pause).await,
        }
        self.pause = (self.pause * 3 / 2).min(LONGEST);
        true
    }
}
