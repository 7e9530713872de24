//! Events of `tracing`, forwarded to the log of the operation.

use std::collections::BTreeMap;
use std::fmt::{Debug, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tracing_core::field::{Field, Visit};
use tracing_core::span::{Attributes, Id, Record};
use tracing_core::{Dispatch, Event, Level, Metadata, Subscriber, dispatcher};

/// Forward events from now on, unless the plugin has a subscriber of its own.
pub(crate) fn install() {
    let _ = dispatcher::set_global_default(Dispatch::new(Forward::default()));
}

/// Writes each event as one line: the spans that it is in, its message, its fields.
#[derive(Default)]
struct Forward(Mutex<Spans>);

#[derive(Default)]
struct Spans {
    last: u64,
    open: BTreeMap<u64, Span>,
    entered: Vec<u64>,
}

/// A span as it stands in a line, and how many handles there are of it.
struct Span {
    text: String,
    handles: usize,
}

impl Forward {
    fn spans(&self) -> MutexGuard<'_, Spans> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Subscriber for Forward {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut words = Words::default();
        span.record(&mut words);
        let name = span.metadata().name();
        let text = match words.fields.trim_start() {
            "" => name.to_owned(),
            fields => [name, "{", fields, "}"].concat(),
        };
        let mut spans = self.spans();
        spans.last += 1;
        let id = spans.last;
        spans.open.insert(id, Span { text, handles: 1 });
        Id::from_u64(id)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        let mut words = Words::default();
        values.record(&mut words);
        if let Some(span) = self.spans().open.get_mut(&span.into_u64()) {
            span.text.push_str(&words.fields);
        }
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut words = Words::default();
        event.record(&mut words);
        let mut line = String::new();
        let spans = self.spans();
        for span in spans.entered.iter().filter_map(|id| spans.open.get(id)) {
            let _ = write!(line, "{}: ", span.text);
        }
        let _ = write!(line, "{}{}", words.message, words.fields);
        crate::log::write(level(event.metadata().level()), line.trim());
    }

    fn enter(&self, span: &Id) {
        self.spans().entered.push(span.into_u64());
    }

    fn exit(&self, span: &Id) {
        let mut spans = self.spans();
        if let Some(last) = spans.entered.iter().rposition(|id| *id == span.into_u64()) {
            spans.entered.remove(last);
        }
    }

    fn clone_span(&self, span: &Id) -> Id {
        if let Some(span) = self.spans().open.get_mut(&span.into_u64()) {
            span.handles += 1;
        }
        span.clone()
    }

    fn try_close(&self, span: Id) -> bool {
        let mut spans = self.spans();
        let Some(open) = spans.open.get_mut(&span.into_u64()) else {
            return false;
        };
        open.handles -= 1;
        let is_last = open.handles == 0;
        if is_last {
            spans.open.remove(&span.into_u64());
        }
        is_last
    }
}

/// The message of an event, and its other fields, each with a space before it.
#[derive(Default)]
struct Words {
    message: String,
    fields: String,
}

impl Visit for Words {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }
}

fn level(level: &Level) -> &'static str {
    match *level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        Level::INFO => "info",
        Level::DEBUG => "debug",
        Level::TRACE => "trace",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::log_lines;

    #[test]
    fn events_become_lines_with_their_spans_and_fields() {
        install();
        tracing::info!(containers = 3, "looked at a pod");
        let span = tracing::info_span!("pod", name = "web");
        span.in_scope(|| tracing::warn!("it has no limits"));
        drop(span);
        tracing::error!(reason = "gone");
        let lines: Vec<String> = log_lines()
            .into_iter()
            .map(|(level, line)| format!("{level}: {line}"))
            .collect();
        assert_eq!(
            lines,
            [
                "info: looked at a pod containers=3",
                "warn: pod{name=\"web\"}: it has no limits",
                "error: reason=\"gone\"",
            ]
        );
    }

    #[test]
    fn spans_that_are_over_are_forgotten() {
        let forward = Dispatch::new(Forward::default());
        dispatcher::with_default(&forward, || {
            for _ in 0..100 {
                let span = tracing::info_span!("pod");
                drop(span.clone());
                let _entered = span.entered();
            }
        });
        let open = forward
            .downcast_ref::<Forward>()
            .map(|forward| forward.spans().open.len());
        assert_eq!(open, Some(0));
    }
}
