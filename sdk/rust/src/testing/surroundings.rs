//! What a plugin may ask of its surroundings, answered from what a test gave. Each test thread has its own.

use super::Fixture;
use crate::{Error, Event};
use serde_json::Value;
use std::cell::RefCell;
use std::collections::BTreeMap;

thread_local! {
    static LOG: RefCell<Vec<(String, String)>> = const { RefCell::new(Vec::new()) };
    static OBJECTS: RefCell<Vec<Fixture>> = const { RefCell::new(Vec::new()) };
    static SCRIPT: RefCell<PodScript> = RefCell::new(PodScript::new());
}

pub(crate) fn log(level: &str, message: &str) {
    LOG.with_borrow_mut(|lines| lines.push((level.to_owned(), message.to_owned())));
}

/// The log lines that were written in this test thread since it was last asked, as level and message.
///
/// ```
/// lazarette_sdk::info!("looked at {} containers", 3);
/// assert_eq!(lazarette_sdk::testing::log_lines(), [("info".to_owned(), "looked at 3 containers".to_owned())]);
/// ```
pub fn log_lines() -> Vec<(String, String)> {
    LOG.take()
}

/// The objects that look-ups of this test thread see. [`cluster::get`](crate::cluster::get) has an example.
pub fn grant_objects(objects: Vec<Fixture>) {
    OBJECTS.set(objects);
}

/// How the commands of a hook end.
#[derive(Clone, Debug, Default)]
pub struct PodScript {
    answers: Vec<(Vec<String>, Result<crate::pods::Output, Error>)>,
    calls: Vec<Vec<String>>,
}

impl PodScript {
    /// No command is known.
    ///
    /// ```
    /// use lazarette_sdk::{pods, testing::PodScript};
    ///
    /// PodScript::new().play();
    /// let error = pods::exec(None, &["sync"], std::time::Duration::from_secs(1)).unwrap_err();
    /// assert_eq!(error.code, "not-running");
    /// ```
    pub fn new() -> Self {
        PodScript::default()
    }

    /// `command` ends with `exit_code` after it has written `stdout`. Each answer is given once.
    ///
    /// ```
    /// use lazarette_sdk::{pods, testing::PodScript};
    ///
    /// PodScript::new().on(&["sync"], 1, "").play();
    /// assert_eq!(pods::exec(None, &["sync"], std::time::Duration::from_secs(1)).unwrap().exit_code, 1);
    /// ```
    #[must_use]
    pub fn on(mut self, command: &[&str], exit_code: i32, stdout: &str) -> Self {
        let output = crate::pods::Output {
            exit_code,
            stdout: stdout.into(),
            ..Default::default()
        };
        self.answers.push((to_owned(command), Ok(output)));
        self
    }

    /// `command` cannot be run: the error code is one of those of the interface `pods`.
    ///
    /// ```
    /// use lazarette_sdk::{pods, testing::PodScript};
    ///
    /// PodScript::new().fails(&["sync"], "timeout").play();
    /// let error = pods::exec(None, &["sync"], std::time::Duration::from_secs(1)).unwrap_err();
    /// assert_eq!(error.code, "timeout");
    /// ```
    #[must_use]
    pub fn fails(mut self, command: &[&str], code: &str) -> Self {
        self.answers
            .push((to_owned(command), Err(Error::new(code, "scripted"))));
        self
    }

    /// Answer the commands of this test thread from now on: for trying [`pods`](crate::pods) without a hook.
    ///
    /// ```
    /// use lazarette_sdk::{pods, testing::PodScript};
    ///
    /// PodScript::new().on(&["sync"], 0, "").play();
    /// assert_eq!(pods::exec(None, &["sync"], std::time::Duration::from_secs(1)).unwrap().exit_code, 0);
    /// ```
    pub fn play(self) {
        SCRIPT.set(self);
    }

    fn answer(&mut self, command: &[String]) -> Result<crate::pods::Output, Error> {
        self.calls.push(command.to_vec());
        let known = self.answers.iter().position(|(known, _)| known == command);
        known.map_or_else(
            || {
                Err(Error::new(
                    "not-running",
                    format!("the script has no answer to {command:?}"),
                ))
            },
            |index| self.answers.remove(index).1,
        )
    }
}

fn to_owned(command: &[&str]) -> Vec<String> {
    command.iter().map(|&word| word.to_owned()).collect()
}

/// A moment around a pod, for tests.
#[derive(Debug)]
pub struct EventFixture {
    phase: String,
    cause: Option<String>,
    facts: RefCell<BTreeMap<String, String>>,
    init_containers: RefCell<Vec<Value>>,
}

impl EventFixture {
    /// A moment of this phase, without cause and facts.
    ///
    /// ```
    /// use lazarette_sdk::testing::EventFixture;
    ///
    /// assert_eq!(EventFixture::new("before-backup").event().cause(), None);
    /// ```
    pub fn new(phase: &str) -> Self {
        EventFixture {
            phase: phase.to_owned(),
            cause: None,
            facts: RefCell::default(),
            init_containers: RefCell::default(),
        }
    }

    /// The same moment, with the reason why it is another one than usual.
    ///
    /// ```
    /// use lazarette_sdk::testing::EventFixture;
    ///
    /// let fixture = EventFixture::new("after-backup").with_cause("cancelled");
    /// assert_eq!(fixture.event().cause().as_deref(), Some("cancelled"));
    /// ```
    #[must_use]
    pub fn with_cause(mut self, cause: &str) -> Self {
        self.cause = Some(cause.to_owned());
        self
    }

    /// The same moment, with a fact that was kept before.
    ///
    /// ```
    /// use lazarette_sdk::testing::EventFixture;
    ///
    /// let fixture = EventFixture::new("after-restore").with_fact("position", "42");
    /// assert_eq!(fixture.event().fact("position").as_deref(), Some("42"));
    /// ```
    #[must_use]
    pub fn with_fact(self, key: &str, value: &str) -> Self {
        self.set_fact(key, value);
        self
    }

    /// The moment as hooks see it.
    ///
    /// ```
    /// use lazarette_sdk::testing::EventFixture;
    ///
    /// assert_eq!(EventFixture::new("after-restore").event().phase(), "after-restore");
    /// ```
    pub fn event(&self) -> Event<'_> {
        Event::from_handle(self)
    }

    pub(crate) fn phase(&self) -> String {
        self.phase.clone()
    }

    pub(crate) fn cause(&self) -> Option<String> {
        self.cause.clone()
    }

    pub(crate) fn set_fact(&self, key: &str, value: &str) {
        self.facts.borrow_mut().insert(key.to_owned(), value.to_owned());
    }

    pub(crate) fn fact(&self, key: &str) -> Option<String> {
        self.facts.borrow().get(key).cloned()
    }

    pub(crate) fn add_init_container(&self, container: &str) {
        // Plugins hand over what they have as a value, so it is JSON.
        let container = serde_json::from_str(container).unwrap_or_default();
        self.init_containers.borrow_mut().push(container);
    }
}

/// What came of running a hook.
#[derive(Debug)]
pub struct HookOutcome {
    /// What the hook returned.
    pub result: Result<(), Error>,
    /// The commands that it ran, in order.
    pub commands: Vec<Vec<String>>,
    /// The facts that it set.
    pub facts: BTreeMap<String, String>,
    /// The init containers that it added.
    pub init_containers: Vec<Value>,
}

pub(crate) fn finish(result: Result<(), Error>, event: EventFixture) -> HookOutcome {
    HookOutcome {
        result,
        commands: SCRIPT.take().calls,
        facts: event.facts.into_inner(),
        init_containers: event.init_containers.into_inner(),
    }
}

/// The interface `operation` as tests see it.
pub(crate) mod operation {
    pub fn kind() -> String {
        "test".to_owned()
    }

    pub fn now() -> String {
        "2026-01-01T00:00:00Z".to_owned()
    }

    pub fn backup() -> String {
        String::new()
    }

    pub fn mapped_namespace(original: &str) -> String {
        original.to_owned()
    }
}

/// The interface `cluster` as tests see it.
pub(crate) mod cluster {
    use super::{Error, Fixture, OBJECTS};

    pub struct Page {
        pub items: Vec<Fixture>,
        pub next: Option<String>,
    }

    pub fn get(group_resource: &str, namespace: Option<&str>, name: &str) -> Result<Option<Fixture>, Error> {
        let found = select(group_resource, namespace)
            .into_iter()
            .find(|object| object.identity().name == name);
        Ok(found)
    }

    pub fn list(
        group_resource: &str,
        namespace: Option<&str>,
        _label_selector: &str,
        _next: Option<&str>,
    ) -> Result<Page, Error> {
        Ok(Page {
            items: select(group_resource, namespace),
            next: None,
        })
    }

    fn select(group_resource: &str, namespace: Option<&str>) -> Vec<Fixture> {
        let of_type = |object: &&Fixture| {
            let identity = object.identity();
            let name = match identity.group.as_str() {
                "" => identity.resource,
                group => format!("{}.{group}", identity.resource),
            };
            name == group_resource && (namespace.is_none() || identity.namespace.as_deref() == namespace)
        };
        OBJECTS.with_borrow(|objects| objects.iter().filter(of_type).cloned().collect())
    }
}

/// The interface `pods` as tests see it: commands are answered by the script.
pub(crate) mod pods {
    use super::SCRIPT;
    use crate::bindings::modifier::lazarette::plugin::types::Error;
    use crate::pods::Output;
    use std::cell::RefCell;

    pub struct Session(RefCell<Output>);

    pub fn exec(_container: Option<&str>, command: &[String], _timeout: u32) -> Result<Output, Error> {
        SCRIPT
            .with_borrow_mut(|script| script.answer(command))
            .map_err(Error::from)
    }

    pub fn open(_container: Option<&str>, command: &[String]) -> Result<Session, Error> {
        SCRIPT
            .with_borrow_mut(|script| script.answer(command))
            .map(|output| Session(RefCell::new(output)))
            .map_err(Error::from)
    }

    pub fn wait(_container: Option<&str>, _condition: &str, _timeout: u32) -> Result<(), Error> {
        Ok(())
    }

    pub fn sleep(_milliseconds: u32) {}

    impl Session {
        pub fn write(&self, _stdin: &[u8]) -> Result<(), Error> {
            Ok(())
        }

        pub fn read(&self, max: u32, _timeout: u32) -> Result<Vec<u8>, Error> {
            let stdout = &mut self.0.borrow_mut().stdout;
            let length = stdout.len().min(usize::try_from(max).unwrap_or(usize::MAX));
            Ok(stdout.drain(..length).collect())
        }

        pub fn finish(&self, _timeout: u32) -> Result<i32, Error> {
            Ok(self.0.borrow().exit_code)
        }
    }
}
