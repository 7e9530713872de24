//! Any bytes in the place of compiled code in the cache, and compiled code with some bytes changed: it is never run, but
//! compiled anew.

#![no_main]

use lazarette::plugin::PluginHost;
use libfuzzer_sys::fuzz_target;
use std::path::PathBuf;
use std::sync::LazyLock;
use tempfile::TempDir;

/// A component that is small, and so compiled quickly. It lacks its functions, which is found out after it was compiled.
const COMPONENT: &str =
    r#"(component (instance $none) (export "lazarette:plugin/modifier@0.1.0" (instance $none)))"#;

struct Bench {
    _folder: TempDir,
    host: PluginHost,
    component: Vec<u8>,
    entry: PathBuf,
    compiled: Vec<u8>,
}

static BENCH: LazyLock<Bench> = LazyLock::new(Bench::new);

fuzz_target!(|data: (&[u8], Vec<(u16, u8)>)| {
    let (bytes, changes) = data;
    BENCH.load(bytes);
    let mut changed = BENCH.compiled.clone();
    for (place, byte) in changes {
        if let Some(target) = changed.get_mut(usize::from(place)) {
            *target = byte;
        }
    }
    BENCH.load(&changed);
});

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let host = PluginHost::new(Some(folder.path().to_owned())).expect("a host");
        let component = wat::parse_str(COMPONENT).expect("a component");
        drop(host.load("small", &component));
        let entry = std::fs::read_dir(folder.path()).expect("a folder").next().expect("an entry");
        let entry = entry.expect("an entry").path();
        Bench {
            host,
            component,
            compiled: std::fs::read(&entry).expect("an entry"),
            entry,
            _folder: folder,
        }
    }

    /// Load the component with `bytes` as what is in the cache.
    fn load(&self, bytes: &[u8]) {
        std::fs::write(&self.entry, bytes).expect("an entry");
        let error = self.host.load("small", &self.component).err().expect("an error");
        assert!(error.to_string().contains("configure"), "{error}");
        assert_eq!(std::fs::read(&self.entry).expect("an entry"), self.compiled);
    }
}
