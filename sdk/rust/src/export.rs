//! What the export macros expand to.

use crate::Error;
use crate::bindings::modifier::lazarette::plugin::types::Error as WireError;
use crate::pointer::member;
use serde::de::DeserializeOwned;
use std::cell::RefCell;

/// Where an exported plugin lives between calls.
pub type Slot<P> = RefCell<Option<P>>;

/// Parse `config` and keep the plugin that `make` makes of it in `slot`.
pub fn configure<P, C: DeserializeOwned>(
    slot: &Slot<P>,
    config: &str,
    make: fn(C) -> Result<P, Error>,
) -> Result<(), WireError> {
    *slot.borrow_mut() = Some(make(parse_config(config)?)?);
    Ok(())
}

/// Call the plugin in `slot`.
pub fn call<P>(slot: &Slot<P>, run: impl FnOnce(&mut P) -> Result<(), Error>) -> Result<(), WireError> {
    match slot.borrow_mut().as_mut() {
        Some(plugin) => Ok(run(plugin)?),
        None => Err(Error::new("not-configured", "the host did not call configure").into()),
    }
}

/// What is done once in an instance: panics go to the log before they become traps, so that the host can say where the
/// plugin panicked, and so do events of `tracing`.
pub fn begin() {
    std::panic::set_hook(Box::new(|panic| crate::log::write("error", &panic.to_string())));
    #[cfg(feature = "tracing")]
    crate::forward::install();
}

/// The configuration, or an error that points at the member that is wrong.
pub(crate) fn parse_config<C: DeserializeOwned>(config: &str) -> Result<C, Error> {
    let mut json = serde_json::Deserializer::from_str(config);
    serde_path_to_error::deserialize(&mut json)
        .map_err(|error| Error::invalid_config(error.inner().to_string(), pointer(error.path())))
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => pointer = member(&pointer, &index.to_string()),
            Segment::Map { key: name } | Segment::Enum { variant: name } => pointer = member(&pointer, name),
            Segment::Unknown => {}
        }
    }
    pointer
}

/// Export a type that implements [`Modifier`](crate::Modifier) as the component's plugin.
///
/// With `manifest: "FILE"` the JSON in FILE (beside this source file) is put into the component as the plugin's
/// manifest. See the [crate] for an example.
#[macro_export]
macro_rules! export_modifier {
    ($plugin:ty $(, manifest: $manifest:literal)?) => {
        $crate::__export!($plugin, modifier, $crate::Modifier $(, $manifest)?; {
            fn modify(
                object: &$crate::bindings::modifier::lazarette::plugin::objects::Object,
                to: &$crate::bindings::modifier::lazarette::plugin::decisions::Decision,
            ) -> Result<(), $crate::bindings::modifier::lazarette::plugin::types::Error> {
                PLUGIN.with(|plugin| $crate::call(plugin, |plugin| {
                    <$plugin as $crate::Modifier>::modify(plugin, &$crate::Object::from_handle(object), &$crate::Decision::from_handle(to))
                }))
            }
        });
    };
}

/// Export a type that implements [`Resolver`](crate::Resolver) as the component's plugin. As [`export_modifier!`].
#[macro_export]
macro_rules! export_resolver {
    ($plugin:ty $(, manifest: $manifest:literal)?) => {
        $crate::__export!($plugin, resolver, $crate::Resolver $(, $manifest)?; {
            fn resolve(
                wanted: &$crate::bindings::modifier::lazarette::plugin::objects::Object,
                live: &$crate::bindings::modifier::lazarette::plugin::objects::Object,
                to: &$crate::bindings::modifier::lazarette::plugin::decisions::Decision,
            ) -> Result<(), $crate::bindings::modifier::lazarette::plugin::types::Error> {
                PLUGIN.with(|plugin| $crate::call(plugin, |plugin| {
                    <$plugin as $crate::Resolver>::resolve(
                        plugin,
                        &$crate::Object::from_handle(wanted),
                        &$crate::Object::from_handle(live),
                        &$crate::Decision::from_handle(to),
                    )
                }))
            }
        });
    };
}

/// Export a type that implements [`Hook`](crate::Hook) as the component's plugin. As [`export_modifier!`].
#[macro_export]
macro_rules! export_hook {
    ($plugin:ty $(, manifest: $manifest:literal)?) => {
        $crate::__export!($plugin, hook, $crate::Hook $(, $manifest)?; {
            fn run(
                pod: &$crate::bindings::modifier::lazarette::plugin::objects::Object,
                at: &$crate::bindings::hook::lazarette::plugin::events::Event,
            ) -> Result<(), $crate::bindings::modifier::lazarette::plugin::types::Error> {
                PLUGIN.with(|plugin| $crate::call(plugin, |plugin| {
                    <$plugin as $crate::Hook>::run(plugin, &$crate::Object::from_handle(pod), &$crate::Event::from_handle(at))
                }))
            }
        });
    };
}

/// What the three export macros share: the instance, `configure`, and the manifest's section.
#[doc(hidden)]
#[macro_export]
macro_rules! __export {
    ($plugin:ty, $world:ident, $kind:path $(, $manifest:literal)?; { $call:item }) => {
        // Natively nothing is exported: this keeps the plugin from being taken for unused.
        #[cfg(not(target_family = "wasm"))]
        const _: fn(<$plugin as $kind>::Config) -> Result<$plugin, $crate::Error> = <$plugin as $kind>::configure;

        #[cfg(target_family = "wasm")]
        const _: () = {
            struct Component;

            thread_local! {
                static PLUGIN: $crate::Slot<$plugin> = const { ::std::cell::RefCell::new(None) };
            }

            impl $crate::bindings::$world::exports::lazarette::plugin::$world::Guest for Component {
                fn configure(config: String) -> Result<(), $crate::bindings::modifier::lazarette::plugin::types::Error> {
                    $crate::begin();
                    PLUGIN.with(|plugin| $crate::configure(plugin, &config, <$plugin as $kind>::configure))
                }

                $call
            }

            $crate::bindings::$world::export_world!(Component with_types_in $crate::bindings::$world);

            $(
                #[unsafe(link_section = "lazarette:manifest")]
                #[used]
                static MANIFEST: [u8; include_bytes!($manifest).len()] = *include_bytes!($manifest);
            )?
        };
    };
}
