//! Processes of this machine. Their ids are used again, so a process is known by its id and by when it was started.

use rustix::process::{Pid, test_kill_process};
use std::fs;
use std::path::Path;

/// Fields of `/proc/PID/stat` after the name of the program, which are those from the third on in proc_pid_stat(5):
/// the state, and the start in clock ticks since the machine was started.
const STATE: usize = 0;
const START: usize = 19;

/// What tells a process from all others that have its id: the id of the machine's boot, and when the process was started
/// after it. None where no process with this id is alive, or the system has no `/proc`.
pub(super) fn start(pid: u32) -> Option<String> {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    Some(format!("{}/{}", boot.trim(), ticks(&stat)?))
}

/// Whether a process with this id is alive, and was started when `known` says, if that is known.
pub(super) fn is_alive(pid: u32, known: Option<&str>) -> bool {
    if !Path::new("/proc/self/stat").exists() {
        let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
        return pid.is_some_and(|pid| test_kill_process(pid).is_ok());
    }
    start(pid).is_some_and(|start| known.is_none_or(|known| known == start))
}

/// When the process of this `stat` was started; none where it has ended and only waits for its parent to take note.
fn ticks(stat: &str) -> Option<u64> {
    // The name of the program stands in brackets, and may hold some.
    let (_, fields) = stat.rsplit_once(") ")?;
    let field = |index| fields.split_whitespace().nth(index);
    match field(STATE)? {
        "Z" | "X" => None,
        _ => field(START)?.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use std::process::{Command, id};
    use std::time::{Duration, Instant};

    /// As Linux writes it, with a state and a name of the program.
    fn stat(name: &str, state: &str) -> String {
        format!("42 ({name}) {state} 1 42 42 0 -1 4194304 103 0 0 0 0 0 0 0 20 0 1 0 8125 2973696 351\n")
    }

    #[rstest]
    #[case::sleeping("lazarette", "S", Some(8125))]
    #[case::running("lazarette", "R", Some(8125))]
    #[case::zombie("lazarette", "Z", None)]
    #[case::dead("lazarette", "X", None)]
    #[case::a_name_with_brackets("a) Z (b", "S", Some(8125))]
    fn a_process_says_when_it_was_started(
        #[case] name: &str,
        #[case] state: &str,
        #[case] expected: Option<u64>,
    ) {
        assert_eq!(ticks(&stat(name, state)), expected);
    }

    #[rstest]
    #[case::nothing("")]
    #[case::cut_short("42 (lazarette) S 1")]
    #[case::no_number("42 (a) S 1 42 42 0 -1 4194304 103 0 0 0 0 0 0 0 20 0 1 0 soon 2973696 351")]
    fn what_is_no_such_line_says_nothing(#[case] stat: &str) {
        assert_eq!(ticks(stat), None);
    }

    #[test]
    fn another_process_of_the_same_id_is_not_it() {
        assert!(is_alive(id(), None));
        assert!(is_alive(id(), start(id()).as_deref()));
        assert_eq!(
            is_alive(id(), Some("of-an-earlier-boot/1")),
            start(id()).is_none()
        );
    }

    #[test]
    fn a_process_that_only_waits_for_its_parent_is_not_alive() {
        let mut child = Command::new("true").spawn().unwrap();
        let begun = Instant::now();
        while is_alive(child.id(), None) && Path::new("/proc/self/stat").exists() {
            assert!(begun.elapsed() < Duration::from_secs(60), "`true` does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
        child.wait().unwrap();
        assert!(!is_alive(child.id(), None));
    }
}
