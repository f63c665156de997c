//! The machines of a cloud, and what befalls them.

use serde_json::json;

use super::cloud::{Cloud, CloudApi};

impl Cloud {
    /// A new machine of the classic network with this private address.
    pub(crate) async fn machine(&self, ip: &str) -> String {
        self.make("machines", json!({ "ip": ip })).await
    }

    /// A new machine with this id.
    pub(crate) async fn machine_named(&self, id: &str, ip: &str) {
        self.make("machines", json!({ "id": id, "ip": ip })).await;
    }

    /// A new machine that is in the making still.
    pub(crate) async fn machine_in_the_making(&self) -> String {
        let machine = self.make("machines", json!({})).await;
        self.take_back_into_the_making(&machine).await;
        machine
    }

    /// The machine has no address, is stopped, and is locked for the bill where there are such locks: it cannot be linked
    /// before it has one, and perhaps not before it is free.
    pub(crate) async fn take_back_into_the_making(&self, machine: &str) {
        let locks: &[&str] = if self.generation().is_alibaba() { &["financial"] } else { &[] };
        self.post(&format!("machines/{machine}/change-ip"), json!({ "ip": null })).await;
        self.post(&format!("machines/{machine}/status"), json!({ "status": "stopped" })).await;
        self.post(&format!("machines/{machine}/locks"), json!({ "locks": locks })).await;
    }

    /// The cloud locks the machine for these reasons, and refuses to link it.
    pub(crate) async fn lock(&self, machine: &str, reasons: &[&str]) {
        self.set(&json!({ "alibabaCloud": { "lockedMachine": "busy" } })).await;
        self.post(&format!("machines/{machine}/locks"), json!({ "locks": reasons })).await;
    }

    /// The machine runs, and nothing locks it.
    pub(crate) async fn set_free(&self, machine: &str) {
        self.post(&format!("machines/{machine}/status"), json!({ "status": "running" })).await;
        self.post(&format!("machines/{machine}/locks"), json!({ "locks": [] })).await;
    }

    /// The machine gets another private address.
    pub(crate) async fn change_ip(&self, machine: &str, ip: &str) {
        self.post(&format!("machines/{machine}/change-ip"), json!({ "ip": ip })).await;
    }

    /// The machine is given back, and not destroyed yet.
    pub(crate) async fn put_into_bin(&self, machine: &str) {
        match self.generation() {
            CloudApi::V2 | CloudApi::V3 => self.post(&format!("machines/{machine}/return"), json!({})).await,
            CloudApi::Alibaba | CloudApi::AlibabaG1 => {
                self.post(&format!("machines/{machine}/locks"), json!({ "locks": ["recycling"] })).await
            }
        };
    }

    /// The machine is given back, and destroyed at once.
    pub(crate) async fn return_machine(&self, machine: &str) {
        self.put_into_bin(machine).await;
        self.destroy_machine(machine).await;
    }

    /// The machine is moved into a VPC, for good.
    pub(crate) async fn migrate(&self, machine: &str, vpc: &str, ip: &str) {
        self.post(&format!("machines/{machine}/migrate-to-vpc"), json!({ "vpcId": vpc, "ip": ip })).await;
    }

    /// The machine is destroyed, and never was in a state that announces it.
    pub(crate) async fn destroy_machine(&self, machine: &str) {
        self.post(&format!("machines/{machine}/destroy"), json!({})).await;
    }
}
