//! What a pure plugin decided, to be applied again where it would decide the same.
//!
//! A call of a plugin is a conversation: it asks about the object, and at last it decides. Where a plugin promises that
//! its decision depends on nothing else, all its conversations form a tree: each node is a question, each answer leads to
//! the next question, and each leaf is a decision. For the next object the host asks the questions itself, and where it
//! comes to a leaf it need not call the plugin.

use super::Operation;
use super::inquiry::{Answer, Inquiry, Question};
use super::modification::Conclusion;
use crate::object::Object;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

/// Bytes that the decisions of one configured plugin may take. 512 KiB: some hundred different ones.
const ROOM: usize = 512 << 10;

/// Answers to one question that are kept. 32: more of them take longer to go through than they save.
const ANSWERS: usize = 32;

/// What a plugin decided in one operation. It only ever grows, so that workers read it without waiting.
#[derive(Debug)]
pub struct Precedents {
    operation: Arc<Operation>,
    first: Node,
    room: AtomicUsize,
}

/// What comes next in a conversation, where it is known.
type Node = OnceLock<Step>;

#[derive(Debug)]
enum Step {
    Ask(Asked),
    Decide(Box<Conclusion>),
}

/// A question, and the answers that were given so far.
#[derive(Debug)]
struct Asked {
    question: Question,
    answers: OnceLock<Box<Answered>>,
}

/// An answer, what came after it, and the next answer.
#[derive(Debug)]
struct Answered {
    answer: Answer<'static>,
    then: Node,
    next: OnceLock<Box<Answered>>,
}

impl Precedents {
    /// None yet.
    pub fn new(operation: &Arc<Operation>) -> Self {
        Precedents {
            operation: Arc::clone(operation),
            first: Node::new(),
            room: AtomicUsize::new(ROOM),
        }
    }

    /// Whether they are of this operation.
    pub fn are_of(&self, operation: &Arc<Operation>) -> bool {
        Arc::ptr_eq(&self.operation, operation)
    }

    /// What the plugin decides about `object`, where that is known.
    pub fn find(&self, object: &Object) -> Option<&Conclusion> {
        let mut node = &self.first;
        loop {
            match node.get()? {
                Step::Decide(conclusion) => return Some(conclusion),
                Step::Ask(asked) => node = asked.then(&asked.question.answer(object))?,
            }
        }
    }

    /// To take down what a call asks; none where there is no more room for it.
    pub fn inquiry(&self) -> Option<Inquiry> {
        (self.room.load(Ordering::Relaxed) > 0).then(Inquiry::default)
    }

    /// Remember that the plugin came to `conclusion`, of `size` bytes, when it had asked what is in `inquiry`.
    pub fn keep(&self, inquiry: Inquiry, conclusion: Conclusion, size: usize) {
        if !self.take_room(inquiry.size.saturating_add(size)) {
            return;
        }
        let mut node = &self.first;
        for (question, answer) in inquiry.asked {
            let ask = || {
                Step::Ask(Asked {
                    question: question.clone(),
                    answers: OnceLock::new(),
                })
            };
            node = match node.get_or_init(ask) {
                Step::Ask(asked) if asked.question == question => match asked.then_or_add(answer) {
                    Some(then) => then,
                    None => return,
                },
                // It asked something else when all was the same so far: it is not what it says.
                _ => return,
            };
        }
        node.get_or_init(|| Step::Decide(Box::new(conclusion)));
    }

    /// What does not fit ends the keeping: a plugin with so many different decisions gains nothing from it.
    fn take_room(&self, bytes: usize) -> bool {
        let less = |room: usize| Some(room.saturating_sub(bytes));
        let before = self
            .room
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less)
            .unwrap_or_default();
        bytes < before
    }
}

impl Asked {
    fn then(&self, answer: &Answer<'_>) -> Option<&Node> {
        let mut answers = &self.answers;
        loop {
            let answered = answers.get()?;
            if answered.answer.is(answer) {
                return Some(&answered.then);
            }
            answers = &answered.next;
        }
    }

    /// What comes after `answer`, which is added unless there are too many.
    fn then_or_add(&self, answer: Answer<'static>) -> Option<&Node> {
        let mut answers = &self.answers;
        for _ in 0..ANSWERS {
            let answered = answers.get_or_init(|| {
                Box::new(Answered {
                    answer: answer.clone(),
                    then: Node::new(),
                    next: OnceLock::new(),
                })
            });
            if answered.answer.is(&answer) {
                return Some(&answered.then);
            }
            answers = &answered.next;
        }
        None
    }
}

#[cfg(test)]
mod tests;
