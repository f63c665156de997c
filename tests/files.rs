//! The files beside the code say what the code says: definitions, manifests, and the pages of the reasons.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a helper of tests fails the test")]

use std::{
    collections::BTreeSet,
    env, fs,
    path::{Path, PathBuf},
};

use classiclink::api::{ClassicLink, CloudAccount, Reason, crds};
use k8s_openapi::api::{
    apps::v1::Deployment,
    core::v1::{Namespace, Secret, ServiceAccount},
    rbac::v1::{ClusterRole, ClusterRoleBinding, Role, RoleBinding},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

const DEFINITIONS: &str = "crds/classiclink.dev.yaml";

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

#[test]
fn the_definitions_in_crds_are_what_the_types_generate() {
    let written = |crd| format!("---\n{}\n", serde_saphyr::to_string(&crd).unwrap().trim_end());
    let generated: String = crds().into_iter().map(written).collect();
    if env::var_os("UPDATE").is_some() {
        fs::write(path(DEFINITIONS), &generated).unwrap();
    }
    let stored = fs::read_to_string(path(DEFINITIONS)).unwrap();
    let first = stored.lines().zip(generated.lines()).find(|(stored, generated)| stored != generated);
    assert!(stored == generated, "{DEFINITIONS} differs ({first:?}): UPDATE=1 cargo test --test files");
}

#[test]
fn each_reason_has_a_page_and_each_page_a_reason() {
    let files = fs::read_dir(path("docs/reasons")).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap()).filter(|name| name != "README.md");
    let pages: BTreeSet<String> = names.collect();
    let reasons: BTreeSet<String> = Reason::ALL.iter().map(|reason| format!("{reason}.md")).collect();
    assert_eq!(pages, reasons);
    for page in &pages {
        let text = fs::read_to_string(path("docs/reasons").join(page)).unwrap();
        assert_eq!(text.lines().next(), Some(&*format!("# {}", page.trim_end_matches(".md"))));
    }
}

#[test]
fn the_list_of_reasons_names_each_of_them() {
    let list = fs::read_to_string(path("docs/reasons/README.md")).unwrap();
    let missing: Vec<_> =
        Reason::ALL.iter().filter(|reason| !list.contains(&format!("[{reason}]({reason}.md)"))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn the_manifests_in_deploy_and_examples_have_no_field_that_their_kinds_do_not_know() {
    for (file, manifest) in manifests() {
        let known = read(&manifest).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let lost = lost(&manifest, &known);
        assert!(lost.is_empty(), "{}: {lost:?}", file.display());
    }
}

/// Cargo refuses a manifest that names a target whose file it does not find.
#[test]
fn the_image_is_built_with_the_file_of_each_target_that_the_manifest_names() {
    let ignored = fs::read_to_string(path(".dockerignore")).unwrap();
    let let_in: Vec<_> = ignored.lines().filter_map(|line| line.strip_prefix('!')).collect();
    let targets = targets();
    assert!(!targets.is_empty());
    let is_let_in = |target: &Path| let_in.iter().any(|name| target.starts_with(name));
    let missing: Vec<_> = targets.iter().filter(|target| !is_let_in(target)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// The files of the tests and benchmarks that the manifest names.
fn targets() -> Vec<PathBuf> {
    let manifest = fs::read_to_string(path("Cargo.toml")).unwrap();
    let named = |(header, folder): (&str, &str)| -> Vec<PathBuf> {
        let names = manifest.split(header).skip(1).map(|rest| rest.split('"').nth(1).unwrap());
        names.map(|name| file_of(folder, name)).collect()
    };
    [("[[test]]\nname = ", "tests"), ("[[bench]]\nname = ", "benches")].into_iter().flat_map(named).collect()
}

fn file_of(folder: &str, name: &str) -> PathBuf {
    let [file, main] = [format!("{folder}/{name}.rs"), format!("{folder}/{name}/main.rs")];
    PathBuf::from(if path(&file).exists() { file } else { main })
}

/// Each document of each file.
fn manifests() -> Vec<(PathBuf, Value)> {
    let files = ["deploy", "examples"].into_iter().flat_map(|folder| fs::read_dir(path(folder)).unwrap());
    let files = files.map(|file| file.unwrap().path()).filter(|file| file.extension().is_some_and(|it| it == "yaml"));
    files.flat_map(|file| documents(&file).into_iter().map(move |document| (file.clone(), document))).collect()
}

fn documents(file: &Path) -> Vec<Value> {
    let text = fs::read_to_string(file).unwrap();
    let parse =
        |document| serde_saphyr::from_str(document).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    text.split("\n---\n").map(parse).collect()
}

/// Reads a manifest as its kind, and gives it back as it was understood.
fn read(manifest: &Value) -> Result<Value, String> {
    let read = match (manifest["apiVersion"].as_str(), manifest["kind"].as_str()) {
        (Some("classiclink.dev/v1alpha1"), Some("ClassicLink")) => understood::<ClassicLink>,
        (Some("classiclink.dev/v1alpha1"), Some("CloudAccount")) => understood::<CloudAccount>,
        (Some("apps/v1"), Some("Deployment")) => understood::<Deployment>,
        (Some("v1"), Some("Namespace")) => understood::<Namespace>,
        (Some("v1"), Some("Secret")) => understood::<Secret>,
        (Some("v1"), Some("ServiceAccount")) => understood::<ServiceAccount>,
        (Some("rbac.authorization.k8s.io/v1"), Some("ClusterRole")) => understood::<ClusterRole>,
        (Some("rbac.authorization.k8s.io/v1"), Some("ClusterRoleBinding")) => understood::<ClusterRoleBinding>,
        (Some("rbac.authorization.k8s.io/v1"), Some("Role")) => understood::<Role>,
        (Some("rbac.authorization.k8s.io/v1"), Some("RoleBinding")) => understood::<RoleBinding>,
        other => return Err(format!("{other:?} is no kind that belongs here")),
    };
    read(manifest.clone()).map_err(|error| error.to_string())
}

fn understood<K: DeserializeOwned + Serialize>(manifest: Value) -> serde_json::Result<Value> {
    serde_json::to_value(serde_json::from_value::<K>(manifest)?)
}

/// The fields of `manifest` that are not in `known`, or are something else there.
fn lost(manifest: &Value, known: &Value) -> Vec<String> {
    let below = |name: String, lost: Vec<String>| lost.into_iter().map(move |path| format!("{name}.{path}"));
    match (manifest, known) {
        (Value::Object(fields), Value::Object(known)) => fields
            .iter()
            .flat_map(|(name, value)| below(name.clone(), lost(value, known.get(name).unwrap_or(&Value::Null))))
            .collect(),
        (Value::Array(items), Value::Array(known)) if items.len() == known.len() => {
            let pairs = items.iter().zip(known).enumerate();
            pairs.flat_map(|(number, (item, known))| below(number.to_string(), lost(item, known))).collect()
        }
        _ if manifest == known => Vec::new(),
        _ => vec![format!("{manifest}")],
    }
}
