//! What we wrote into the status earlier: the memory that survives us.

use std::net::IpAddr;

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;

use super::{Remembered, TaskId, VpcId};
use crate::api::{ClassicLinkStatus, LinkRecord, Operation, Origin, Reason, RefusalRecord, TaskRecord};

/// The record of one object.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Record {
    /// The link that the object stands for.
    pub link: Option<Link>,
    /// A change that is not settled.
    pub task: Option<Task>,
    /// Why the last change was not carried out.
    pub refusal: Option<Refusal>,
}

/// A link on record.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Link {
    /// The VPC.
    pub vpc: VpcId,
    /// The address that it was made for.
    pub private_ip: Option<IpAddr>,
    /// How it came about.
    pub origin: Origin,
    /// Since when it is on record.
    pub since: Timestamp,
}

/// A change on record.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Task {
    /// What was asked for.
    pub operation: Operation,
    /// The VPC.
    pub vpc: VpcId,
    /// The address that the machine had when the intent was written.
    pub private_ip: Option<IpAddr>,
    /// The cloud's name of the task.
    pub id: Option<TaskId>,
    /// When the intent was written; with the object's UID it names the attempt.
    pub started_at: Timestamp,
    /// Since when it is unclear whether an attempt was carried out. Kept until settled: what is seen then is ours.
    pub unclear_since: Option<Timestamp>,
}

/// A refusal on record.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Refusal {
    /// The word.
    pub reason: Reason,
    /// The cloud's own words.
    pub message: String,
    /// When it was first refused.
    pub at: Timestamp,
    /// The generation that was refused.
    pub generation: i64,
}

impl Link {
    /// Whether we may remove it.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        match self.origin {
            Origin::Created | Origin::Adopted => true,
            Origin::Found => false,
        }
    }

    /// Whoever made a link that was there before us, and when: the address on record is the one that was seen first.
    fn remembered(&self) -> Option<Remembered> {
        self.private_ip.map(match self.origin {
            Origin::Created => Remembered::MadeFor,
            Origin::Adopted | Origin::Found => Remembered::Seen,
        })
    }
}

impl Record {
    /// The link on record, if it is ours.
    #[must_use]
    pub fn our_link(&self) -> Option<&Link> {
        self.link.as_ref().filter(|link| link.is_ours())
    }

    /// Whether something in the cloud is, or may become, ours.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.task.is_some() || self.our_link().is_some()
    }

    /// Whether the machine was seen before: its address is on record.
    #[must_use]
    pub fn saw_machine(&self) -> bool {
        self.link.as_ref().is_some_and(|link| link.private_ip.is_some())
            || self.task.as_ref().is_some_and(|task| task.private_ip.is_some())
    }

    /// The address that a link seen now was made for, where the list of links tells none: that of the attach under way,
    /// or else that of the link on record. Against the old link's address, the link that is just being made again would
    /// look dead.
    #[must_use]
    pub fn remembered(&self) -> Remembered {
        let attach = self.task.as_ref().filter(|task| task.operation == Operation::Attach);
        let intended = attach.and_then(|task| task.private_ip).map(Remembered::MadeFor);
        intended.or_else(|| self.link.as_ref()?.remembered()).unwrap_or_default()
    }

    /// The refusal of this generation, if one stands.
    #[must_use]
    pub fn standing_refusal(&self, generation: i64) -> Option<&Refusal> {
        self.refusal.as_ref().filter(|refusal| refusal.generation == generation)
    }

    /// Reads a status. What cannot be read is left out of an address, never out of a link or a task: a VPC is taken
    /// as written, since forgetting it would be to lose a link.
    #[must_use]
    pub fn read(status: &ClassicLinkStatus) -> Self {
        Self {
            link: status.link.as_ref().map(Link::read),
            task: status.task.as_ref().map(Task::read),
            refusal: status.refusal.as_ref().map(Refusal::read),
        }
    }

    /// Writes into a status.
    pub fn write(&self, status: &mut ClassicLinkStatus) {
        status.link = self.link.as_ref().map(Link::write);
        status.task = self.task.as_ref().map(Task::write);
        status.refusal = self.refusal.as_ref().map(Refusal::write);
    }
}

impl Link {
    fn read(link: &LinkRecord) -> Self {
        Self {
            vpc: VpcId::recorded(&link.vpc_id),
            private_ip: address(link.private_ip.as_deref()),
            origin: link.origin,
            since: link.since.0,
        }
    }

    fn write(&self) -> LinkRecord {
        LinkRecord {
            vpc_id: self.vpc.to_string(),
            private_ip: self.private_ip.map(|ip| ip.to_string()),
            origin: self.origin,
            since: MicroTime(self.since),
        }
    }
}

impl Task {
    fn read(task: &TaskRecord) -> Self {
        Self {
            operation: task.operation,
            vpc: VpcId::recorded(&task.vpc_id),
            private_ip: address(task.private_ip.as_deref()),
            id: task.task_id.clone().map(TaskId),
            started_at: task.started_at.0,
            unclear_since: task.unclear_since.as_ref().map(|since| since.0),
        }
    }

    fn write(&self) -> TaskRecord {
        TaskRecord {
            operation: self.operation,
            vpc_id: self.vpc.to_string(),
            private_ip: self.private_ip.map(|ip| ip.to_string()),
            task_id: self.id.clone().map(|id| id.0),
            started_at: MicroTime(self.started_at),
            unclear_since: self.unclear_since.map(MicroTime),
        }
    }
}

impl Refusal {
    fn read(refusal: &RefusalRecord) -> Self {
        Self {
            reason: refusal.reason.parse().unwrap_or(Reason::Refused),
            message: refusal.message.clone(),
            at: refusal.at.0,
            generation: refusal.generation,
        }
    }

    fn write(&self) -> RefusalRecord {
        RefusalRecord {
            reason: self.reason.to_string(),
            message: self.message.clone(),
            at: MicroTime(self.at),
            generation: self.generation,
        }
    }
}

fn address(text: Option<&str>) -> Option<IpAddr> {
    text.and_then(|text| text.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        // Stamps of a status have microseconds: a started_at with more would not be recognised after a restart.
        let at = Timestamp::from_microsecond(1_700_000_000_123_456).unwrap();
        let vpc = VpcId::new("vpc-gjui0b5t").unwrap();
        let record = Record {
            link: Some(Link {
                vpc: vpc.clone(),
                private_ip: "10.0.0.7".parse().ok(),
                origin: Origin::Created,
                since: at,
            }),
            task: Some(Task {
                operation: Operation::Detach,
                vpc,
                private_ip: "10.0.0.7".parse().ok(),
                id: Some(TaskId("135254".into())),
                started_at: at,
                unclear_since: Some(at),
            }),
            refusal: Some(Refusal { reason: Reason::QuotaExceeded, message: "full".into(), at, generation: 3 }),
        };
        let mut status = ClassicLinkStatus::default();
        record.write(&mut status);
        let text = serde_json::to_string(&status).unwrap();
        assert_eq!(Record::read(&serde_json::from_str(&text).unwrap()), record);
    }
}
