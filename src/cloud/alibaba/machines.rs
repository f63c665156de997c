//! The list of machines (`DescribeInstances`): how it is asked for, and what it says about each machine.
//!
//! An identity without permission gets an empty list. So a machine that is not listed counts as absent only once a dry
//! run for it was answered with `DryRunOperation`; a machine that the cloud names as unknown needs no such proof.

use std::collections::BTreeSet;

use serde::de::IgnoredAny;

use super::{Ecs, call, codes, sign::Params, wire::MachinePage};
use crate::{
    cloud::{
        Action, CloudError, Kind, Lane, MachineList,
        asking::{Asking, Blame, IDS_PER_CALL},
    },
    link::InstanceId,
};

impl Ecs {
    pub(super) async fn list_machines(
        &self,
        ids: &BTreeSet<InstanceId>,
        lane: Lane,
    ) -> Result<MachineList, CloudError> {
        let mut list = MachineList::default();
        let mut asking = Asking::new(ids, &self.alone);
        let mut unseen: Vec<&InstanceId> = Vec::new();
        while let Some(batch) = asking.next() {
            match self.some_machines(&batch, lane).await {
                Ok(some) => {
                    asking.answered(&batch);
                    let is_unseen = |id: &InstanceId| !some.found.contains_key(id) && !some.unknown.contains_key(id);
                    unseen.extend(batch.iter().copied().filter(|id| is_unseen(id)));
                    list.found.extend(some.found);
                    list.unknown.extend(some.unknown);
                }
                Err(error) => match asking.blame(&batch, error) {
                    Blame::Call(error) => return Err(error),
                    Blame::Open => {}
                    // Named by itself: the cloud says that there is no such machine.
                    Blame::Machine(_, error) if error.kind == Kind::Missing => {}
                    Blame::Machine(id, error) => drop(list.unknown.insert(id.clone(), error)),
                },
            }
        }
        for batch in unseen.chunks(IDS_PER_CALL) {
            if let Err(error) = self.may_list(batch, lane).await {
                list.unknown.extend(batch.iter().map(|id| ((*id).clone(), error.clone())));
            }
        }
        Ok(list)
    }

    /// One list of these machines, 100 at most, which is one page. By `PageSize`, although `MaxResults` is to replace it:
    /// with that one the total means nothing, and nothing else says that no row was left out.
    async fn some_machines(&self, ids: &[&InstanceId], lane: Lane) -> Result<MachineList, CloudError> {
        let page = self.look(Action::ListMachines, lane, named(ids)).await?;
        Ok(sorted(ids, &page))
    }

    /// Proves that a list without these machines is not empty for lack of a permission (`DescribeInstances`).
    async fn may_list(&self, ids: &[&InstanceId], lane: Lane) -> Result<(), CloudError> {
        let action = Action::ListMachines;
        let mut own = named(ids);
        own.insert("DryRun".to_owned(), "true".to_owned());
        let _permit = self.pace.permit(action, lane).await;
        let keys = self.keys(action).await?;
        let (answer, wait) = self.prepare(action, &keys).send::<IgnoredAny>(&self.http, own).await;
        let result = match answer {
            Err(error) if codes::is_passed_dry_run(&error.code) => Ok(()),
            Err(error) => Err(error),
            Ok(_) => Err(call::error(action, Kind::Unclear, "", "a dry run was answered like a list")),
        };
        self.learn(action, &result, wait);
        result
    }
}

/// What a list says about the machines that were asked for.
fn sorted(asked: &[&InstanceId], page: &MachinePage) -> MachineList {
    let unclear = || call::error(Action::ListMachines, Kind::Unclear, "", "the list does not say what this machine is");
    let mut list = MachineList::default();
    for (id, machine) in page.items().iter().filter_map(|item| Some((item.id()?, item.machine()))) {
        match machine {
            _ if !asked.contains(&&id) => {}
            Some(machine) => drop(list.found.insert(id, machine)),
            None => drop(list.unknown.insert(id, unclear())),
        }
    }
    list.found.retain(|id, _| !list.unknown.contains_key(id));
    // A row that was left out, or one without an id, may be of any machine that is not seen.
    if page.may_lack_rows() || page.items().iter().any(|item| item.id().is_none()) {
        let unseen = asked.iter().copied().filter(|id| !list.found.contains_key(*id));
        list.unknown.extend(unseen.map(|id| (id.clone(), unclear())));
    }
    list
}

/// `InstanceIds` is JSON in a text here, unlike the comma list of the links. An id has no character that JSON escapes.
fn named(ids: &[&InstanceId]) -> Params {
    let ids: Vec<String> = ids.iter().map(|id| format!("\"{id}\"")).collect();
    Params::from([
        ("InstanceIds".to_owned(), format!("[{}]", ids.join(","))),
        ("PageSize".to_owned(), IDS_PER_CALL.to_string()),
    ])
}
