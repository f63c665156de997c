//! One object, its world, and the time that passes over both.

use std::{net::IpAddr, time::Duration};

use classiclink::{
    api::{AccountRef, ClassicLink, ClassicLinkSpec, ClassicLinkStatus, FINALIZER, crds},
    link::{
        Answer, Attempt, Decision, Desired, LinkSeen, MachineSeen, Names, Notice, Observed, Policy, Progress, Record,
        Row, Sighting, Standing, Step, Tempo, Trouble, VpcId, begin, decide, report,
    },
};
use jiff::{Timestamp, ToSpan};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

/// The intervals as they are by default.
pub(crate) fn tempo() -> Tempo {
    Tempo::new(1.0, Duration::from_mins(1))
}

/// The address that the machine has at first.
pub(crate) fn address() -> IpAddr {
    [10, 66, 0, 7].into()
}

/// One object and what is known of its world.
#[derive(Clone, Debug)]
pub(crate) struct Scene {
    /// What is wanted.
    pub(crate) desired: Desired,
    /// What is seen.
    pub(crate) sighting: Sighting,
    /// The present time.
    pub(crate) now: Timestamp,
    status: ClassicLinkStatus,
    attempt: Option<Attempt>,
    /// The rows by which the status came about, the last one at the end.
    rows: Vec<Row>,
}

impl Scene {
    /// A new object that no controller has seen.
    pub(crate) fn new() -> Self {
        let vpc = "vpc-gjui0b5t";
        let names = Names {
            instance: "ins-0x5msjda".into(),
            vpc: vpc.into(),
            region: "ap-guangzhou".into(),
            account: "tencent".into(),
        };
        Self {
            desired: Desired {
                generation: 1,
                vpc: VpcId::new(vpc).ok(),
                terminating: false,
                forced: false,
                policy: Policy::default(),
                standing: Standing::Good,
                names,
            },
            sighting: Sighting::none(),
            now: Timestamp::from_second(1_700_000_000).unwrap(),
            status: default_status("ClassicLink"),
            attempt: None,
            rows: Vec::new(),
        }
    }

    /// Lets time pass.
    pub(crate) fn after(mut self, span: Duration) -> Self {
        self.now = self.now.checked_add(span).unwrap();
        self
    }

    /// Changes what is wanted, or may be done about it.
    pub(crate) fn wants(mut self, change: impl FnOnce(&mut Desired)) -> Self {
        change(&mut self.desired);
        self
    }

    /// Somebody writes another VPC into the specification.
    pub(crate) fn edited(self, vpc: &str) -> Self {
        self.wants(|desired| {
            desired.generation += 1;
            desired.vpc = VpcId::new(vpc).ok();
            desired.names.vpc = vpc.into();
        })
    }

    /// Somebody deletes the object.
    pub(crate) fn deleted(self) -> Self {
        self.wants(|desired| desired.terminating = true)
    }

    /// Changes what is seen.
    pub(crate) fn sees(mut self, change: impl FnOnce(&mut Sighting)) -> Self {
        change(&mut self.sighting);
        self
    }

    /// A good look, begun now, shows this of the link.
    pub(crate) fn looks(mut self, link: LinkSeen) -> Self {
        let seen = &mut self.sighting;
        seen.agreed = seen.agreed.filter(|_| seen.link == link).or(Some(self.now));
        seen.looked = Some(self.now);
        seen.link = link;
        seen.trouble = None;
        self
    }

    /// The machine is not listed from now on.
    pub(crate) fn misses_machine(mut self) -> Self {
        self.sighting.machine = MachineSeen::Missing { since: self.now };
        self
    }

    /// From now on looks fail, and this is why.
    pub(crate) fn fails_to_look(mut self, why: Notice) -> Self {
        self.sighting.trouble = Some(Trouble { notice: why, since: self.now });
        self
    }

    /// This came back, now, for the change that was begun.
    pub(crate) fn answered(mut self, answer: Answer) -> Self {
        let started_at = self.record().task.unwrap().started_at;
        self.attempt = Some(Attempt { started_at, answer: Some(answer), progress: None });
        self
    }

    /// The cloud says this of the task.
    pub(crate) fn progresses(mut self, progress: Progress) -> Self {
        self.attempt.as_mut().unwrap().progress = Some(progress);
        self
    }

    /// The controller decides and writes the status.
    pub(crate) fn decided(self) -> Self {
        let decision = self.decision();
        self.reported(decision)
    }

    /// The controller decides on a change, and writes the status with the intent in it.
    pub(crate) fn begun(mut self) -> Self {
        let decision = self.decision();
        let Step::Change(change) = &decision.step else { panic!("no change is due: {decision:#?}") };
        let record = begin(&decision.record, change, self.sighting.address(), self.now);
        self.attempt = None;
        self.reported(Decision { record, ..decision })
    }

    fn record(&self) -> Record {
        Record::read(&self.status)
    }

    fn decision(&self) -> Decision {
        let observed = Observed {
            sighting: self.sighting.clone(),
            record: self.record(),
            attempt: self.attempt.clone(),
            not_before: None,
            check: None,
            finalizer: true,
        };
        decide(&self.desired, &observed, tempo(), self.now)
    }

    fn reported(mut self, decision: Decision) -> Self {
        self.status = report(&self.desired, &self.sighting, &decision, &self.status, (tempo(), self.now));
        self.rows.push(decision.row);
        self
    }

    /// What is said now.
    pub(crate) fn status(&self) -> &ClassicLinkStatus {
        &self.status
    }

    /// Every row on the way.
    pub(crate) fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The object as the API server would return it.
    pub(crate) fn object(&self, name: &str) -> ClassicLink {
        let mut object = ClassicLink::new(name, self.spec());
        let metadata = &mut object.metadata;
        metadata.namespace = Some("default".into());
        metadata.generation = Some(self.desired.generation);
        metadata.finalizers = Some(vec![FINALIZER.into()]);
        metadata.deletion_timestamp =
            self.desired.terminating.then(|| Time(self.now.saturating_sub(1.second()).unwrap()));
        object.status = Some(self.status.clone());
        object
    }

    fn spec(&self) -> ClassicLinkSpec {
        let Desired { policy, names, .. } = &self.desired;
        ClassicLinkSpec {
            account_ref: AccountRef { name: names.account.clone() },
            region: names.region.clone(),
            instance_id: names.instance.clone(),
            vpc_id: names.vpc.clone(),
            management_policy: policy.management,
            suspend: policy.suspend,
            deletion_policy: policy.deletion,
            existing_link: policy.existing,
            instance_return_policy: policy.on_return,
        }
    }
}

/// The status that the definition gives a new object of this kind.
pub(crate) fn default_status<S: serde::de::DeserializeOwned>(kind: &str) -> S {
    let crd = crds().into_iter().find(|crd| crd.spec.names.kind == kind).unwrap();
    let schema = crd.spec.versions.into_iter().next().and_then(|version| version.schema?.open_api_v3_schema).unwrap();
    let default = schema.properties.and_then(|mut properties| properties.remove("status")?.default).unwrap();
    serde_json::from_value(default.0).unwrap()
}
