//! `DescribeInstances`.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::admission::Caller;
use super::envelope::{self, Fields, dry_run, list as wrapped};
use super::failure::Failure;
use super::page::{self, DEFAULT_SIZE, Page};
use super::params::Params;
use crate::sim::Sim;
use crate::world::{Lock, Machine, MachineFilter, MachineStatus, Network, Place};

const LARGEST_PAGE: usize = 100;

pub(super) fn list(sim: &Sim, caller: &Caller, place: &Place, params: &Params) -> Result<Fields, Failure> {
    let filter = Filter::asked(params)?;
    if params.is_set("DryRun") {
        return Err(dry_run(&sim.alibaba));
    }
    let listed = sim.world.list_machines(place, &MachineFilter::default()).unwrap_or_default();
    let fits = |machine: &&Machine| caller.is_permitted && filter.fits(machine);
    let machines: Vec<&Machine> = listed.into_iter().filter(fits).collect();
    let is_by_token = params.text("NextToken").is_some() || params.text("MaxResults").is_some();
    let (mut fields, rows) = if is_by_token { by_token(machines, params)? } else { by_page(&machines, params)? };
    let rows = rows.into_iter().map(|machine| row(machine, place)).collect();
    fields.insert("Instances".into(), wrapped("Instance", rows));
    Ok(fields)
}

fn by_page<'a>(machines: &[&'a Machine], params: &Params) -> Result<(Fields, Vec<&'a Machine>), Failure> {
    let page = Page::asked(params, LARGEST_PAGE, Failure::parameter)?;
    Ok((page.fields(machines.len()), page.of(machines).to_vec()))
}

/// Pages by token go on after the machine that the token names, oldest first, whatever became of that machine. The
/// total is that of the page: the model says that it means nothing here.
fn by_token<'a>(mut machines: Vec<&'a Machine>, params: &Params) -> Result<(Fields, Vec<&'a Machine>), Failure> {
    // Below ten is raised to ten, above a hundred lowered to a hundred.
    let most = params.number("MaxResults")?.unwrap_or(DEFAULT_SIZE).clamp(DEFAULT_SIZE, LARGEST_PAGE);
    let after = params.text("NextToken").map(|token| serial(token).ok_or_else(|| Failure::parameter("NextToken")));
    let after = after.transpose()?.unwrap_or(0);
    machines.sort_unstable_by_key(|machine| machine.serial);
    machines.retain(|machine| machine.serial > after);
    let has_more = machines.len() > most;
    machines.truncate(most);
    let next = machines.last().filter(|_| has_more).map(|last| BASE64_URL_SAFE_NO_PAD.encode(last.serial.to_string()));
    let fields = [("TotalCount", json!(machines.len())), ("NextToken", json!(next.unwrap_or_default()))];
    Ok((fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(), machines))
}

fn serial(token: &str) -> Option<u64> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(token).ok()?;
    std::str::from_utf8(&bytes).ok()?.parse().ok()
}

/// Which machines are wanted.
struct Filter {
    ids: Option<Vec<String>>,
    is_classic: Option<bool>,
    addresses: Option<Vec<String>>,
    vpc: Option<String>,
    status: Option<String>,
    lock: Option<Lock>,
}

impl Filter {
    fn asked(params: &Params) -> Result<Self, Failure> {
        let is_classic = match params.text("InstanceNetworkType") {
            None => None,
            Some("classic") => Some(true),
            Some("vpc") => Some(false),
            Some(_) => return Err(not_found("InvalidNetworkType.NotFound", "Network Type")),
        };
        let status = params.text("Status").map(str::to_owned);
        if status.as_deref().is_some_and(|status| !STATUSES.contains(&status)) {
            return Err(not_found("InvalidStatus.NotFound", "Status"));
        }
        // Private addresses are looked at only where the classic network is asked for.
        let addresses = params.json_list("InnerIpAddresses")?.filter(|_| is_classic == Some(true));
        let lock = params
            .text("LockReason")
            .map(|text| lock_named(text).ok_or_else(|| not_found("InvalidLockReason.NotFound", "LockReason")));
        Ok(Self {
            ids: params.json_list("InstanceIds")?,
            is_classic,
            addresses,
            vpc: params.text("VpcId").map(str::to_owned),
            status,
            lock: lock.transpose()?,
        })
    }

    fn fits(&self, machine: &Machine) -> bool {
        let (id, ip) = (machine.id.to_string(), machine.ip.map(|ip| ip.to_string()));
        let vpc = vpc_of(machine);
        self.ids.as_ref().is_none_or(|ids| ids.contains(&id))
            && self.is_classic.is_none_or(|is_classic| is_classic == vpc.is_none())
            && self.addresses.as_ref().is_none_or(|all| ip.is_some_and(|ip| all.contains(&ip)))
            && (self.vpc.is_none() || self.vpc == vpc)
            && self.status.as_deref().is_none_or(|status| status_word(machine.status) == status)
            && self.lock.is_none_or(|lock| machine.locks.contains(&lock))
    }
}

fn row(machine: &Machine, place: &Place) -> Value {
    let vpc = vpc_of(machine);
    let ip: Vec<Value> = machine.ip.iter().map(|ip| json!(ip)).collect();
    let (inner, private) = if vpc.is_none() { (ip, Vec::new()) } else { (Vec::new(), ip) };
    let network = if vpc.is_none() { "classic" } else { "vpc" };
    let locks = machine.locks.iter().map(|lock| json!({ "LockReason": lock_word(*lock), "LockMsg": "" }));
    let groups = machine.security_groups.iter().map(|group| json!(group));
    json!({
        "InstanceId": machine.id,
        "InstanceName": machine.name,
        "RegionId": place.region,
        "ZoneId": zone(place, machine),
        "Status": status_word(machine.status),
        "InstanceNetworkType": network,
        "InnerIpAddress": wrapped("IpAddress", inner),
        // Public addresses are not played.
        "PublicIpAddress": wrapped("IpAddress", Vec::new()),
        "VpcAttributes": {
            "VpcId": vpc.unwrap_or_default(),
            "VSwitchId": "",
            "NatIpAddress": "",
            "PrivateIpAddress": wrapped("IpAddress", private),
        },
        "OperationLocks": envelope::list("LockReason", locks.collect()),
        "SecurityGroupIds": wrapped("SecurityGroupId", groups.collect()),
        "CreationTime": page::minute(machine.created_at),
    })
}

/// Zones are letters: the first one is `a`.
fn zone(place: &Place, machine: &Machine) -> String {
    let letter = u8::try_from(machine.zone % 26).map_or('a', |number| char::from(b'a' + number));
    format!("{}-{letter}", place.region)
}

const STATUSES: [&str; 5] = ["Pending", "Running", "Starting", "Stopping", "Stopped"];

/// The nearest of the five words; a machine of Alibaba is in no other state.
fn status_word(status: MachineStatus) -> &'static str {
    match status {
        MachineStatus::Creating | MachineStatus::CreationFailed => "Pending",
        MachineStatus::Stopped | MachineStatus::Returned | MachineStatus::Faulty => "Stopped",
        MachineStatus::Stopping | MachineStatus::Returning => "Stopping",
        MachineStatus::Starting | MachineStatus::Rebooting => "Starting",
        MachineStatus::Running
        | MachineStatus::ResettingPassword
        | MachineStatus::Formatting
        | MachineStatus::MakingImage
        | MachineStatus::SettingBandwidth
        | MachineStatus::Reinstalling
        | MachineStatus::BindingDomain
        | MachineStatus::UnbindingDomain
        | MachineStatus::BindingBalancer
        | MachineStatus::UnbindingBalancer
        | MachineStatus::Upgrading
        | MachineStatus::IssuingKey
        | MachineStatus::Maintenance => "Running",
    }
}

fn lock_word(lock: Lock) -> &'static str {
    match lock {
        Lock::Financial => "financial",
        Lock::Security => "security",
        Lock::Recycling => "Recycling",
    }
}

/// A filter is in lower case, whatever the answer looks like.
fn lock_named(text: &str) -> Option<Lock> {
    let all = [Lock::Financial, Lock::Security, Lock::Recycling];
    all.into_iter().find(|lock| lock_word(*lock).eq_ignore_ascii_case(text))
}

fn vpc_of(machine: &Machine) -> Option<String> {
    match &machine.network {
        Network::Classic => None,
        Network::Vpc(vpc) => Some(vpc.to_string()),
    }
}

fn not_found(code: &str, what: &str) -> Failure {
    Failure::not_found(code, format!("The specified {what} is not found"))
}
