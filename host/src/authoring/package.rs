//! Components out of core modules, and manifests put into components.

use super::AuthoringError;
use crate::plugin::MANIFEST_SECTION;
use wasmparser::{Encoding, Parser, Payload};

/// Make a component of a core module that carries the types of its world, as `wit-bindgen` writes them. A component is
/// returned as it is.
pub fn componentize(bytes: Vec<u8>) -> Result<Vec<u8>, AuthoringError> {
    if !is_core_module(&bytes) {
        return Ok(bytes);
    }
    wit_component::ComponentEncoder::default()
        .validate(true)
        .module(&bytes)
        .and_then(wit_component::ComponentEncoder::encode)
        .map_err(|error| {
            AuthoringError::Component(format!("the core module cannot be made a component: {error:#}"))
        })
}

/// Put `manifest` (JSON) into a component, in the place of the one that it may have at its top.
pub fn with_manifest(component: &[u8], manifest: &[u8]) -> Result<Vec<u8>, AuthoringError> {
    let mut packed = without_manifest(component)?;
    let mut content = vec![];
    write_size(&mut content, MANIFEST_SECTION.len());
    content.extend_from_slice(MANIFEST_SECTION.as_bytes());
    content.extend_from_slice(manifest);
    // A custom section: its number, its size, its name, its content.
    packed.push(0);
    write_size(&mut packed, content.len());
    packed.append(&mut content);
    Ok(packed)
}

fn is_core_module(bytes: &[u8]) -> bool {
    let first = Parser::new(0).parse_all(bytes).next();
    matches!(
        first,
        Some(Ok(Payload::Version {
            encoding: Encoding::Module,
            ..
        }))
    )
}

/// The component without manifests at its top; those in nested modules stay, and one at the top comes before them.
fn without_manifest(component: &[u8]) -> Result<Vec<u8>, AuthoringError> {
    let damaged = |error: wasmparser::BinaryReaderError| AuthoringError::Component(error.to_string());
    let mut kept = Vec::with_capacity(component.len());
    let mut depth = 0_usize;
    let mut copied = 0;
    // Where the last payload at the top has ended: where a section's header begins.
    let mut end_of_last = 0;
    for payload in Parser::new(0).parse_all(component) {
        let payload = payload.map_err(damaged)?;
        match &payload {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(end) => {
                depth = depth.saturating_sub(1);
                end_of_last = *end;
                continue;
            }
            Payload::CustomSection(section) if depth == 0 && section.name() == MANIFEST_SECTION => {
                kept.extend_from_slice(component.get(copied..end_of_last).unwrap_or_default());
                copied = section.range().end;
            }
            _ => {}
        }
        if depth == 0 {
            end_of_last = match &payload {
                Payload::Version { range, .. } => range.end,
                other => other.as_section().map_or(end_of_last, |(_, range)| range.end),
            };
        }
    }
    kept.extend_from_slice(component.get(copied..).unwrap_or_default());
    Ok(kept)
}

/// Append a size as WebAssembly writes it: unsigned LEB128.
fn write_size(to: &mut Vec<u8>, mut size: usize) {
    loop {
        let low = u8::try_from(size & 0x7f).unwrap_or_default();
        size >>= 7;
        if size == 0 {
            to.push(low);
            return;
        }
        to.push(low | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::{Inspection, built_in_component};

    const MANIFEST: &str = r#"{"name": "mine"}"#;

    #[test]
    fn a_manifest_is_put_in_and_wins_over_that_of_a_nested_module() {
        let component = built_in_component("conflict-skip").unwrap();
        let packed = with_manifest(component, MANIFEST.as_bytes()).unwrap();
        let inspection = Inspection::of(&packed).unwrap();
        assert_eq!(inspection.manifest.unwrap().name, "mine");
    }

    #[test]
    fn packing_twice_leaves_one_manifest() {
        let component = built_in_component("conflict-skip").unwrap();
        let once = with_manifest(component, MANIFEST.as_bytes()).unwrap();
        let long = format!(r#"{{"name": "other", "description": "{}"}}"#, "x".repeat(300));
        let twice = with_manifest(&once, long.as_bytes()).unwrap();
        assert_eq!(with_manifest(&twice, MANIFEST.as_bytes()).unwrap(), once);
        assert_eq!(Inspection::of(&twice).unwrap().manifest.unwrap().name, "other");
    }

    #[test]
    fn what_is_damaged_is_an_error() {
        let component = built_in_component("conflict-skip").unwrap();
        assert!(with_manifest(&component[..component.len() - 5], b"{}").is_err());
        assert!(with_manifest(b"text", b"{}").is_err());
    }

    #[test]
    fn a_core_module_without_types_is_refused_in_words() {
        let error = componentize(wat::parse_str("(module)").unwrap());
        assert!(
            error.is_ok()
                || error
                    .unwrap_err()
                    .to_string()
                    .contains("cannot be made a component")
        );
        let bytes = wat::parse_str("(component)").unwrap();
        assert_eq!(componentize(bytes.clone()).unwrap(), bytes);
    }
}
