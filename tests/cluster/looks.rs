//! What `kubectl` shows, and what it takes.

use std::{fs, path::Path};

use serde_json::json;

use crate::harness::{World, story};

/// Runs `kubectl` in the world's namespace, and returns what it printed; it must succeed.
fn kubectl(world: &World, arguments: &[&str]) -> String {
    let output = world.plane().kubectl_command().args(["-n", &world.name]).args(arguments).output().unwrap();
    assert!(output.status.success(), "kubectl {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The heads of a table, and the first cells of its first row.
fn table(text: &str) -> (Vec<&str>, Vec<&str>) {
    let mut lines = text.lines().map(|line| line.split_whitespace().collect());
    (lines.next().unwrap(), lines.next().unwrap())
}

#[test]
fn kubectl_shows_the_documented_columns() {
    story(async {
        let world = World::shared("columns").await;
        let (machine, vpc) = world.cloud.machine_and_vpc().await;
        let link = world.link("web", &machine, &vpc);
        world.apply(&link).await;
        world.until_ready(&link).await;

        let narrow = kubectl(&world, &["get", "clink"]);
        let wide = kubectl(&world, &["get", "clink", "-o", "wide"]);

        let (heads, cells) = table(&narrow);
        assert_eq!(heads, ["NAME", "READY", "REASON", "VPC", "INSTANCE", "AGE"]);
        assert_eq!(cells[..5], ["web", "True", "Linked", &vpc, &machine]);
        let (mut heads, cells) = table(&wide);
        assert_eq!(cells[5..8], ["ap-guangzhou", &world.name, "10.66.0.7"]);
        heads.sort_unstable();
        let mut documented =
            ["NAME", "READY", "REASON", "VPC", "INSTANCE", "AGE", "REGION", "ACCOUNT", "PRIVATE-IP", "TASK", "MESSAGE"];
        documented.sort_unstable();
        assert_eq!(heads, documented);
    });
}

#[test]
fn kubectl_waits_for_ready_and_not_before_the_controller_acted() {
    story(async {
        let world = World::shared("waited").await;
        let (machine, vpc) = world.cloud.machine_and_vpc().await;
        world.apply(&world.link("web", &machine, &vpc)).await;

        kubectl(&world, &["wait", "clink/web", "--for=condition=Ready", "--timeout=60s"]);

        assert_eq!(world.cloud.linked(&machine).await, Some(vpc));
    });
}

#[test]
fn the_manifests_in_deploy_and_examples_are_taken_by_the_api_server() {
    story(async {
        let world = World::shared("manifests").await;
        world.apply_namespace(&world.name, json!({})).await;
        for folder in ["deploy", "examples"] {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
            let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
            for file in files.filter(|file| file.extension().is_some_and(|extension| extension == "yaml")) {
                let dry = ["apply", "--dry-run=server", "--validate=strict", "-f", file.to_str().unwrap()];
                let output = world.plane().kubectl_command().args(dry).output().unwrap();
                let errors = String::from_utf8_lossy(&output.stderr);
                assert!(output.status.success() && !errors.contains("would violate"), "{}: {errors}", file.display());
            }
        }
    });
}
