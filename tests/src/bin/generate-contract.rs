//! Writes `docs/contract.md`, the reference of the contract: `cargo run -p lazarette-tests --bin generate-contract`.

use std::path::Path;

fn main() -> std::io::Result<()> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(1)
        .unwrap_or(Path::new("."));
    let reference = lazarette_tests::contract::reference(&workspace.join("wit"))?;
    std::fs::write(workspace.join("docs/contract.md"), reference)
}
