//! The world as the control API shows it: the truth, without the delay of lists and without secrets.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::body::{Answer, Trouble};
use crate::clock::Millis;
use crate::world::{
    Account, Cloud, InstanceId, Link, Machine, Mistake, Network, Outcome, Overlap, Place, Region, Role, Task, Vpc,
    VpcId, WebIdentity, World,
};

/// Everything, perhaps of one account.
pub(super) fn state(world: &World, account: Option<&str>, now: Millis) -> Value {
    let is_wanted = |id: &str| account.is_none_or(|wanted| wanted == id);
    let mut regions: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for (place, region) in world.places().filter(|(place, _)| is_wanted(&place.account)) {
        regions.entry(&place.account).or_default().insert(place.region.clone(), region_view(place, region));
    }
    let accounts = world.accounts().filter(|(id, _)| is_wanted(id)).map(|(id, account)| {
        let mut view = account_view(id, account);
        view["regions"] = regions.remove(id.as_str()).unwrap_or_default().into();
        view
    });
    let accounts: Vec<Value> = accounts.collect();
    let tasks = world.tasks().filter(|task| is_wanted(&task.order.place.account)).map(task);
    let overlaps = world.overlap_counts().iter().filter(|(id, _)| is_wanted(id)).map(|(_, count)| count);
    let last = world.last_overlaps().filter(|it| is_wanted(&it.account));
    json!({
        "now": now,
        "accounts": accounts,
        "tasks": tasks.collect::<Vec<_>>(),
        "overlaps": overlaps.sum::<u64>(),
        "lastOverlaps": last.collect::<Vec<&Overlap>>(),
    })
}

pub(super) fn accounts(world: &World) -> Value {
    world.accounts().map(|(id, account)| account_view(id, account)).collect()
}

pub(super) fn account(world: &World, id: &str) -> Answer {
    let found = world.accounts().find(|(other, _)| *other == id);
    let (id, account) = found.ok_or_else(|| Trouble::missing(&format!("there is no account `{id}`")))?;
    Ok(account_view(id, account).into())
}

pub(super) fn vpc(world: &World, id: &VpcId) -> Answer {
    let found = world.vpc_home(id).and_then(|(place, region)| Some((place, region, region.vpcs.of(id)?)));
    let (place, region, vpc) = found.ok_or_else(|| Mistake::missing("VPC", &id))?;
    Ok(vpc_view(place, region, vpc).into())
}

pub(super) fn machine(world: &World, id: &InstanceId) -> Answer {
    let found = world.home(id).and_then(|(place, region)| Some((place, region, region.machines.of(id)?)));
    let (place, region, machine) = found.ok_or_else(|| Mistake::missing("machine", &id))?;
    let mut view = machine_view(place, machine);
    view["link"] = region.links.of(id).map_or(Value::Null, |link| link_view(region, link));
    Ok(view.into())
}

fn account_view(id: &str, account: &Account) -> Value {
    json!({
        "id": id,
        "cloud": account.cloud,
        "identityRefused": account.identity_refused,
        "keys": keys(account),
        "roles": account.roles.iter().map(|(name, role)| role_view(id, account.cloud, name, role)).collect::<Vec<_>>(),
        "identities": account.identities.iter().map(|(name, it)| identity_view(name, it)).collect::<Vec<_>>(),
    })
}

fn role_view(account: &str, cloud: Cloud, name: &str, role: &Role) -> Value {
    let arn = match cloud {
        Cloud::Tencent => format!("qcs::cam::uin/{account}:roleName/{name}"),
        Cloud::Alibaba => format!("acs:ram::{account}:role/{name}"),
    };
    json!({
        "name": name,
        "arn": arn,
        "allowedActions": role.allowed_actions,
        "trustedKeys": role.trust.keys,
        "trustedRoles": role.trust.roles,
        "trustedSubjects": role.trust.subjects,
        "maxSessionSeconds": role.max_session_seconds,
    })
}

fn identity_view(name: &str, identity: &WebIdentity) -> Value {
    json!({
        "name": name,
        "provider": identity.provider,
        "subject": identity.subject,
        "expiresAt": identity.expires_at,
    })
}

fn keys(account: &Account) -> Value {
    let view = |(id, key): (&String, &crate::world::Key)| {
        json!({
            "secretId": id,
            "enabled": key.enabled,
            "allowedActions": key.allowed_actions,
            "hasToken": key.token.is_some(),
            "tokenExpiresAt": key.token_expires_at,
            "root": key.is_root,
            "identityRefused": key.identity_refused,
            "role": key.session.as_ref().map(|session| &session.role),
        })
    };
    account.keys.iter().map(view).collect()
}

fn region_view(place: &Place, region: &Region) -> Value {
    json!({
        "vpcs": region.vpcs.all().map(|vpc| vpc_view(place, region, vpc)).collect::<Vec<_>>(),
        "machines": region.machines.all().map(|machine| machine_view(place, machine)).collect::<Vec<_>>(),
        "links": region.links.standing().map(|link| link_view(region, link)).collect::<Vec<_>>(),
    })
}

fn vpc_view(place: &Place, region: &Region, vpc: &Vpc) -> Value {
    json!({
        "id": vpc.id,
        "account": place.account,
        "region": place.region,
        "name": vpc.name,
        "cidr": vpc.cidr,
        "quota": vpc.quota,
        "classicLinkEnabled": vpc.classic_link_enabled,
        "routes": vpc.routes,
        "secondaryCidrs": vpc.secondary_cidrs,
        "status": vpc.status,
        "links": region.links.count(&vpc.id),
        "createdAt": vpc.created_at,
    })
}

fn machine_view(place: &Place, machine: &Machine) -> Value {
    let (network, vpc) = match &machine.network {
        Network::Classic => ("classic", None),
        Network::Vpc(vpc) => ("vpc", Some(vpc)),
    };
    json!({
        "id": machine.id,
        "account": place.account,
        "region": place.region,
        "name": machine.name,
        "ip": machine.ip,
        "network": network,
        "vpcId": vpc,
        "status": machine.status,
        "busy": machine.busy,
        "locks": machine.locks,
        "securityGroups": machine.security_groups,
        "isolation": machine.isolation,
        "inRecycleBin": machine.in_recycle_bin,
        "createdAt": machine.created_at,
    })
}

fn link_view(region: &Region, link: &Link) -> Value {
    json!({
        "id": link.id(),
        "vpcId": link.vpc,
        "instanceId": link.machine,
        "recordedIp": link.recorded_ip,
        "presentIp": region.machines.of(&link.machine).and_then(|machine| machine.ip),
        "alive": region.is_alive(link),
        "followsMachine": link.follows_machine,
        "since": link.since,
    })
}

fn task(task: &Task) -> Value {
    let (state, failure) = match &task.outcome {
        Outcome::Running => ("running", None),
        Outcome::Succeeded => ("succeeded", None),
        Outcome::Failed(why) => ("failed", Some(why)),
    };
    json!({
        "id": task.id,
        "requestId": task.order.request_id,
        "account": task.order.place.account,
        "region": task.order.place.region,
        "operation": task.order.operation,
        "vpcId": task.order.vpc,
        "instanceIds": task.order.machines,
        "state": state,
        "failure": failure,
        "startedAt": task.started_at,
        "dueAt": task.due_at,
        "endedAt": task.ended_at,
    })
}
