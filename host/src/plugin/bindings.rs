//! Generated from `wit/`, one module a world. What the worlds import is generated once, for the first.

#![allow(
    missing_docs,
    unused_qualifications,
    clippy::pedantic,
    clippy::unused_async,
    clippy::too_many_lines,
    clippy::as_conversions,
    clippy::needless_pass_by_value,
    clippy::semicolon_if_nothing_returned
)]

/// Where an object of a call lies in its instance's state.
pub struct ObjectSlot;

/// The one decision of a call.
pub struct DecisionSlot;

pub mod modifier {
    wasmtime::component::bindgen!({
        path: "../wit",
        world: "resource-modifier",
        imports: { default: trappable },
        with: {
            "lazarette:plugin/objects.object": super::ObjectSlot,
            "lazarette:plugin/decisions.decision": super::DecisionSlot,
        },
    });
}

pub mod resolver {
    wasmtime::component::bindgen!({
        path: "../wit",
        world: "conflict-resolver",
        imports: { default: trappable },
        with: {
            "lazarette:plugin/types": super::modifier::lazarette::plugin::types,
            "lazarette:plugin/objects": super::modifier::lazarette::plugin::objects,
            "lazarette:plugin/operation": super::modifier::lazarette::plugin::operation,
            "lazarette:plugin/decisions": super::modifier::lazarette::plugin::decisions,
            "lazarette:plugin/schemas": super::modifier::lazarette::plugin::schemas,
            "lazarette:plugin/log": super::modifier::lazarette::plugin::log,
            "lazarette:plugin/cluster": super::modifier::lazarette::plugin::cluster,
        },
    });
}
