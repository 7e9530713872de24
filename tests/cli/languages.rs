//! `lazarette plugin new` in each language and for each world: the project is built as its README says, its cases pass,
//! and changed to do something real it does that to a backup.

use crate::harness::{PROGRAM, Workplace};
use lazarette_tests::kept;
use rstest::rstest;
use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// The source of a modifier that takes images from another registry, by language.
fn real(language: &str) -> (&'static str, &'static str) {
    match language {
        "rust" => ("src/lib.rs", include_str!("languages/registry.rs")),
        "javascript" => ("src/plugin.js", include_str!("languages/registry.js")),
        _ => ("plugin.py", include_str!("languages/registry.py")),
    }
}

/// Whether a program is there and says its version.
fn is_there(program: &str) -> bool {
    let mut command = Command::new(program);
    command
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Whether the tools of a language are there. Says what is missing.
fn can_build(language: &str) -> bool {
    let missing = match language {
        "rust" => {
            (!has_target()).then_some("the target wasm32-wasip2, from `rustup target add wasm32-wasip2`")
        }
        "javascript" => ["node", "npm"].into_iter().find(|program| !is_there(program)),
        _ => Some("python3").filter(|program| !is_there(program)),
    };
    if let Some(missing) = missing {
        let _ = writeln!(io::stderr(), "skipped: a plugin in {language} needs {missing}");
    }
    missing.is_none()
}

fn has_target() -> bool {
    let libraries = Command::new("rustc")
        .args(["--print", "target-libdir", "--target", "wasm32-wasip2"])
        .output();
    libraries.is_ok_and(|output| Path::new(String::from_utf8_lossy(&output.stdout).trim()).is_dir())
}

/// Run `command`, a line of a README, in `folder`.
fn run(folder: &Path, command: &str, target: &Path) {
    let mut path = OsString::from(Path::new(PROGRAM).parent().unwrap());
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    let output = Command::new("sh")
        .args(["-ec", command])
        .current_dir(folder)
        .env("PATH", path)
        .env("CARGO_TARGET_DIR", target)
        .env("XDG_CACHE_HOME", env!("CARGO_TARGET_TMPDIR"))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success(), "{command}: {output:#?}");
}

/// The commands of the section "Build and test" of a project's README: what is done once, and what is done each time.
fn commands(readme: &str) -> (Vec<&str>, Vec<&str>) {
    let (_, section) = readme.split_once("## Build and test").unwrap();
    let (_, block) = section.split_once("```sh\n").unwrap();
    let (block, _) = block.split_once("```").unwrap();
    let lines = block.lines().filter(|line| !line.trim().is_empty());
    lines.partition(|line| line.contains("# once;"))
}

/// The tools of a project, which its README has installed once: for all projects of the language.
fn install(name: &str, language: &str, project: &Path, commands: &[&str]) {
    let (list, installed) = match language {
        "javascript" => ("package.json", "node_modules"),
        "python" => ("requirements.txt", "venv"),
        _ => return,
    };
    // The same list for all projects.
    let text = fs::read_to_string(project.join(list))
        .unwrap()
        .replace(name, "tools");
    let tools = kept::folder(&format!("plugins-{language}"), text.as_bytes(), |folder| {
        fs::write(folder.join(list), &text).unwrap();
        for command in commands {
            timed(command, || run(folder, command, folder));
        }
    });
    symlink(tools.join(installed), project.join(installed)).unwrap();
}

/// Do something that takes long, and say on the terminal how long: a test's own output is shown only when it fails.
fn timed(what: &str, work: impl FnOnce()) {
    let begun = Instant::now();
    work();
    let _ = writeln!(io::stderr(), "{what}: {:.0?}", begun.elapsed());
}

/// A project that was made with `plugin new`, changed by `change`, built and tested as its README says. Building takes a
/// minute, so it is kept until something in it changes.
fn built(name: &str, language: &str, world: &str, change: Option<(&str, &str)>) -> PathBuf {
    let workplace = Workplace::empty();
    workplace.done(&["plugin", "new", name, "--world", world, "--lang", language]);
    if let Some((file, text)) = change {
        workplace.write(&format!("{name}/{file}"), text);
        fs::remove_dir_all(workplace.path(&format!("{name}/cases"))).unwrap();
        workplace.write(
            &format!("{name}/cases/images.yaml"),
            include_str!("languages/images.yaml"),
        );
    }
    let files = workplace.files(name);
    let from = workplace.path(name);
    let texts: Vec<u8> = files
        .iter()
        .flat_map(|(path, text)| {
            [
                path.strip_prefix(&from).unwrap().as_os_str().as_encoded_bytes(),
                text,
            ]
        })
        .flatten()
        .copied()
        .collect();
    kept::folder(&format!("plugin-{language}-{name}"), &texts, |folder| {
        for (path, text) in &files {
            let target = folder.join(path.strip_prefix(&from).unwrap());
            fs::create_dir_all(target.parent().unwrap()).unwrap();
            fs::write(target, text).unwrap();
        }
        let readme = fs::read_to_string(folder.join("README.md")).unwrap();
        let (once, each_time) = commands(&readme);
        install(name, language, folder, &once);
        let target = kept::folder("plugins-target", b"", |_| ());
        timed(&format!("{name} in {language}, built and tested"), || {
            for command in each_time {
                run(folder, command, &target);
            }
        });
        let component = target.join(format!("wasm32-wasip2/release/{}.wasm", name.replace('-', "_")));
        if language == "rust" {
            fs::copy(component, folder.join("plugin.wasm")).unwrap();
        }
    })
}

#[rstest]
fn a_new_project_is_built_as_its_readme_says_and_its_cases_pass(
    #[values("rust", "javascript", "python")] language: &str,
    #[values("resource-modifier", "conflict-resolver", "pod-hook")] world: &str,
) {
    if !can_build(language) {
        return;
    }
    let project = built(&format!("my-{world}"), language, world, None);
    let component = project.join("plugin.wasm");
    let workplace = Workplace::empty();
    let inspection = workplace.json(&["plugin", "inspect", component.to_str().unwrap()]);
    assert_eq!(inspection["world"], world, "{inspection}");
    assert_eq!(inspection["manifest"]["name"], format!("my-{world}"));
    let said = workplace.done(&["plugin", "test", component.to_str().unwrap()]);
    assert!(said.ends_with("3 cases, 0 failed\n"), "{said}");
}

#[rstest]
fn a_project_that_was_changed_does_something_real_to_a_backup(
    #[values("rust", "javascript", "python")] language: &str,
) {
    if !can_build(language) {
        return;
    }
    let project = built("mirror", language, "resource-modifier", Some(real(language)));
    let workplace = Workplace::with_backup();
    let rules = "{version: v1, resourceModifierRules: [{conditions: {groupResource: deployments.apps}, \
                 plugin: {name: mine, config: {from: registry.example.com, to: mirror.example.net}}}]}";
    workplace.write("rules.yaml", rules);
    let plugin = format!("mine={}", project.join("plugin.wasm").display());
    let options = ["--plugin", &plugin, "--resource-modifiers", "rules.yaml"];
    let restore = ["restore", "create", "first", "--cluster", "dir:elsewhere"];
    fs::create_dir(workplace.path("elsewhere")).unwrap();
    let report = workplace.json(&[&restore[..], &options].concat());
    assert_eq!(report["outcome"], "Completed", "{report:#}");
    assert_eq!(report["plugins"][0]["plugin"], "mine");
    let restored: String = workplace
        .files("elsewhere")
        .into_iter()
        .map(|(_, text)| String::from_utf8(text).unwrap())
        .collect();
    assert!(restored.contains("mirror.example.net/"), "{restored}");
}
