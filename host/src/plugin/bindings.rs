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

/// The moment that a hook is called for.
pub struct EventSlot;

/// A command that a hook has left running.
pub struct SessionSlot;

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

/// The same for plugins that wait: their exports are called on fibers.
pub mod waiting {
    pub mod modifier {
        wasmtime::component::bindgen!({
            path: "../wit",
            world: "resource-modifier",
            imports: { default: trappable },
            exports: { default: async },
            with: {
                "lazarette:plugin/types": crate::plugin::bindings::modifier::lazarette::plugin::types,
                "lazarette:plugin/objects": crate::plugin::bindings::modifier::lazarette::plugin::objects,
                "lazarette:plugin/operation": crate::plugin::bindings::modifier::lazarette::plugin::operation,
                "lazarette:plugin/log": crate::plugin::bindings::modifier::lazarette::plugin::log,
                "lazarette:plugin/cluster": crate::plugin::bindings::modifier::lazarette::plugin::cluster,
                "lazarette:plugin/decisions": crate::plugin::bindings::modifier::lazarette::plugin::decisions,
                "lazarette:plugin/schemas": crate::plugin::bindings::modifier::lazarette::plugin::schemas,
            },
        });
    }

    pub mod resolver {
        wasmtime::component::bindgen!({
            path: "../wit",
            world: "conflict-resolver",
            imports: { default: trappable },
            exports: { default: async },
            with: {
                "lazarette:plugin/types": crate::plugin::bindings::modifier::lazarette::plugin::types,
                "lazarette:plugin/objects": crate::plugin::bindings::modifier::lazarette::plugin::objects,
                "lazarette:plugin/operation": crate::plugin::bindings::modifier::lazarette::plugin::operation,
                "lazarette:plugin/log": crate::plugin::bindings::modifier::lazarette::plugin::log,
                "lazarette:plugin/cluster": crate::plugin::bindings::modifier::lazarette::plugin::cluster,
                "lazarette:plugin/decisions": crate::plugin::bindings::modifier::lazarette::plugin::decisions,
                "lazarette:plugin/schemas": crate::plugin::bindings::modifier::lazarette::plugin::schemas,
            },
        });
    }

    pub mod hook {
        wasmtime::component::bindgen!({
            path: "../wit",
            world: "pod-hook",
            imports: { default: trappable },
            exports: { default: async },
            with: {
                "lazarette:plugin/types": crate::plugin::bindings::modifier::lazarette::plugin::types,
                "lazarette:plugin/objects": crate::plugin::bindings::modifier::lazarette::plugin::objects,
                "lazarette:plugin/operation": crate::plugin::bindings::modifier::lazarette::plugin::operation,
                "lazarette:plugin/log": crate::plugin::bindings::modifier::lazarette::plugin::log,
                "lazarette:plugin/cluster": crate::plugin::bindings::modifier::lazarette::plugin::cluster,
                "lazarette:plugin/events.event": crate::plugin::bindings::EventSlot,
                "lazarette:plugin/pods.session": crate::plugin::bindings::SessionSlot,
            },
        });
    }
}
