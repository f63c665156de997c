//! The core has no async, no client and no clock: what it may import is little, and is checked here.

use std::{fs, path::Path};

/// Words that must not stand in the code of the core. `sim` and the providers know it, it knows none of them.
const FORBIDDEN: &[&str] = &[
    "tokio",
    "futures",
    "reqwest",
    "axum",
    "async ",
    ".await",
    "kube::",
    "crate::cloud",
    "crate::controller",
    "crate::clock",
    "crate::config",
    "crate::metrics",
    "std::thread",
    "std::fs",
    "std::env",
    "Timestamp::now",
    "Instant::now",
    "SystemTime",
];

#[test]
fn the_core_imports_no_async_no_client_and_no_clock() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/link");
    let mut read = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        read += 1;
        for line in fs::read_to_string(&path).unwrap().lines() {
            let code = line.split("//").next().unwrap_or_default();
            let found = FORBIDDEN.iter().find(|word| code.contains(**word));
            assert_eq!(found, None, "{}: {line}", path.display());
        }
    }
    assert!(read >= 12, "{read} files");
}
