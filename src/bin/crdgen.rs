//! Prints the custom resource definitions as YAML: `cargo run --bin crdgen > crds/classiclink.dev.yaml`.

fn main() -> Result<(), serde_saphyr::ser_error::Error> {
    for crd in classiclink::api::crds() {
        println!("---\n{}", serde_saphyr::to_string(&crd)?.trim_end());
    }
    Ok(())
}
