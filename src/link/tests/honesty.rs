//! The whole domain once more: what the status says of what was seen.

use super::{
    enumeration::{objects, records, sightings, vpcs},
    *,
};
use crate::{
    api::{ClassicLinkStatus, ConditionType, find},
    link::{Row, report},
};

/// A status that says all is well.
fn condition_true() -> ClassicLinkStatus {
    let record = linked(here(), Origin::Created);
    let sighting = seen(alive(here()));
    let decision = decided(&desired(), sighting.clone(), record);
    report(&desired(), &sighting, &decision, &ClassicLinkStatus::default(), (tempo(), t(9500)))
}

#[test]
fn a_status_never_says_linked_of_what_was_looked_at_and_not_seen() {
    let good = condition_true();
    for desired in objects().iter().filter(|desired| !desired.terminating) {
        for sighting in sightings(&vpcs()) {
            for record in records() {
                let decision = decide(desired, &observed(sighting.clone(), record), tempo(), t(NOW));
                let blind = decision.row == Row::Unknown(None) || matches!(decision.row, Row::Missing(_));
                for before in [ClassicLinkStatus::default(), good.clone()] {
                    let status = report(desired, &sighting, &decision, &before, (tempo(), t(NOW)));
                    let ready = find(&status.conditions, ConditionType::Ready);
                    if ready.is_some_and(|ready| ready.status == "True") && !(blind && before == good) {
                        let row = sighting.link.row();
                        assert_eq!(row.map(|row| &row.vpc), desired.vpc.as_ref(), "{:?}", decision.row);
                        assert!(sighting.trouble.is_none() && matches!(sighting.machine, MachineSeen::Listed(_)));
                        assert!(!matches!(sighting.link, LinkSeen::Dead(_)));
                    }
                }
            }
        }
    }
}
