//! Generated from `wit/`, one module a world. What the worlds import is generated once, for the first.

#![allow(
    missing_docs,
    unsafe_code,
    clippy::all,
    clippy::pedantic,
    unused_qualifications
)]

pub mod modifier {
    wit_bindgen::generate!({
        path: "wit",
        world: "resource-modifier",
        pub_export_macro: true,
        default_bindings_module: "lazarette_sdk::bindings::modifier",
        export_macro_name: "export_world",
    });
}

pub mod resolver {
    wit_bindgen::generate!({
        path: "wit",
        world: "conflict-resolver",
        pub_export_macro: true,
        default_bindings_module: "lazarette_sdk::bindings::resolver",
        export_macro_name: "export_world",
        with: {
            "lazarette:plugin/types@0.1.0": crate::bindings::modifier::lazarette::plugin::types,
            "lazarette:plugin/objects@0.1.0": crate::bindings::modifier::lazarette::plugin::objects,
            "lazarette:plugin/operation@0.1.0": crate::bindings::modifier::lazarette::plugin::operation,
            "lazarette:plugin/decisions@0.1.0": crate::bindings::modifier::lazarette::plugin::decisions,
            "lazarette:plugin/schemas@0.1.0": crate::bindings::modifier::lazarette::plugin::schemas,
            "lazarette:plugin/log@0.1.0": crate::bindings::modifier::lazarette::plugin::log,
            "lazarette:plugin/cluster@0.1.0": crate::bindings::modifier::lazarette::plugin::cluster,
        },
    });
}

pub mod hook {
    wit_bindgen::generate!({
        path: "wit",
        world: "pod-hook",
        pub_export_macro: true,
        default_bindings_module: "lazarette_sdk::bindings::hook",
        export_macro_name: "export_world",
        with: {
            "lazarette:plugin/types@0.1.0": crate::bindings::modifier::lazarette::plugin::types,
            "lazarette:plugin/objects@0.1.0": crate::bindings::modifier::lazarette::plugin::objects,
            "lazarette:plugin/operation@0.1.0": crate::bindings::modifier::lazarette::plugin::operation,
            "lazarette:plugin/log@0.1.0": crate::bindings::modifier::lazarette::plugin::log,
            "lazarette:plugin/cluster@0.1.0": crate::bindings::modifier::lazarette::plugin::cluster,
        },
    });
}
