//! The defects of Velero and AKS Backup that `docs/hooks.md` lists, and the tests that it names.

use std::fs;
use std::path::Path;

/// The last cells of the rows of all tables, without their headings.
fn cells(document: &str) -> Vec<&str> {
    let rows = document.lines().filter(|line| line.starts_with("| "));
    let cells = rows.filter_map(|row| row.trim_end_matches([' ', '|']).rsplit(" | ").next());
    cells
        .filter(|cell| !cell.contains("---") && *cell != "Test")
        .collect()
}

#[test]
fn every_defect_has_a_test_and_every_test_that_is_named_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let document = fs::read_to_string(root.join("docs/hooks.md")).unwrap();
    let cells = cells(&document);
    assert!(cells.len() > 30, "{} rows", cells.len());
    for cell in cells {
        let named: Vec<&str> = cell.split('`').skip(1).step_by(2).collect();
        assert!(!named.is_empty(), "no test in '{cell}'");
        for test in named {
            let (file, name) = test
                .split_once(": ")
                .unwrap_or_else(|| panic!("'{test}' is no test"));
            let source =
                fs::read_to_string(root.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
            let declared = source.contains(&format!("fn {name}("));
            assert!(declared && source.contains("test"), "{name} is not in {file}");
        }
    }
}
