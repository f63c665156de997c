//! Which code each refusal of the world has, in both generations of the error tables, word for word.

use axum::http::StatusCode;

use super::action::Action;
use super::failure::Failure;
use super::settings::{DetachWithoutLink, DisableWithLinks, Generation, SameVpcAgain, Settings};
use crate::world::{Operation, Refusal, SwitchRefusal};

const DETACH_DENIED: &str = "The instances are not allowed to detach from the linked vpc.";
const LINKED_TO_OTHER: &str = "The instance has been linked to other vpc";
const LINKED_TO_OTHER_G1: &str = "The specified instance has already been linked to another VPC.";
const NOT_ALLOWED: &str = "The instance does not allow link to vpc.";

/// What an attach or detach is answered that the world refused; none: it is answered as done.
pub(super) fn of_write(refusal: Refusal, operation: Operation, settings: &Settings) -> Option<Failure> {
    let words = Words { settings };
    let failure = match refusal {
        Refusal::MachineNotFound => words.machine_not_found(),
        Refusal::MachineNotOwned => words.machine_not_owned(),
        Refusal::NotClassic => words.not_classic(),
        Refusal::VpcNotFound => words.vpc_not_found(),
        Refusal::RegionUnsupported => words.region_unsupported(),
        Refusal::ClassicLinkOff => words.classic_link_off(),
        Refusal::WrongStatus => words.wrong_status(),
        Refusal::Busy => words.busy(operation),
        Refusal::AlreadyLinked => words.linked_to_other(),
        Refusal::LinkedToThisVpc => return words.linked_to_this_vpc(),
        Refusal::QuotaReached => words.quota(),
        Refusal::NoLink => return words.no_link(),
        // Of an account at the other cloud; no document of this API has a code for these.
        Refusal::CidrUnsupported | Refusal::AddressNotFound | Refusal::TaskNotFound => denied(NOT_ALLOWED),
    };
    Some(failure)
}

/// The region of a call is unknown.
pub(super) fn unknown_region(action: Action, settings: &Settings) -> Failure {
    let words = Words { settings };
    match action {
        Action::AttachClassicLinkVpc => words.pick(
            (403, "InvalidRegionId.NotFound", "The RegionId provided does not exist in our records."),
            (400, "InvalidRegionId.Malformed", "The specified RegionId is invalid."),
        ),
        Action::DetachClassicLinkVpc => words.pick(
            (403, "InvalidRegionId.Malformed", "The specified parameter ?RegionId? is not valid."),
            (400, "InvalidRegionId.Malformed", "The specified RegionId is invalid."),
        ),
        Action::DescribeClassicLinkInstances => words.pick(
            (404, "InvalidRegionId.NotFound", "The specified region does not exist."),
            (400, "InvalidRegionId.Malformed", "The specified RegionId is invalid."),
        ),
        Action::DescribeInstances => {
            Failure::not_found("InvalidRegionId.NotFound", "The specified RegionId does not exist.")
        }
        Action::DescribeVpcAttribute
        | Action::DescribeVpcs
        | Action::EnableVpcClassicLink
        | Action::DisableVpcClassicLink => words.pick(
            (400, "InvalidRegionId.NotFound", "Specified value of \"regionId\" is not supported."),
            (404, "InvalidRegionId.NotFound", "Specified value of \"regionId\" is not supported."),
        ),
    }
}

/// A machine of a list is not there, or not one's own.
pub(super) fn of_list(refusal: Refusal, settings: &Settings) -> Failure {
    let words = Words { settings };
    if refusal == Refusal::MachineNotOwned { words.machine_not_owned() } else { words.machine_not_found() }
}

/// A machine of a list lives in a VPC.
pub(super) fn not_classic(settings: &Settings) -> Failure {
    Words { settings }.not_classic()
}

/// Neither a machine nor a VPC is named.
pub(super) fn nothing_named() -> Failure {
    Failure::forbidden(
        "InvalidParameter.InvalidInstanceIdAndVpcId",
        "The parameter InstanceId and VpcId are not allowed to be empty at the same time.",
    )
}

/// ClassicLink of a VPC is not switched.
pub(super) fn of_switch(refusal: SwitchRefusal, settings: &Settings) -> Failure {
    match (refusal, settings.disable_with_links) {
        (SwitchRefusal::VpcNotFound, _) => Failure::not_found("InvalidVpcId.NotFound", "Specified VPC does not exist."),
        (SwitchRefusal::VpcPending, _) => {
            Failure::bad("IncorrectVpcStatus", "Current VPC status does not support this operation.")
        }
        (SwitchRefusal::Unsupported, _) => {
            Failure::bad("Forbidden.EnableClassicLink", "The specified resource does not support the operation.")
        }
        (SwitchRefusal::RouteConflict, _) => {
            Failure::bad("RouteConflict.AlreadyExist", "A route conflict exists in the route table.")
        }
        (SwitchRefusal::HasLinks, DisableWithLinks::DependencyViolation) => {
            Failure::bad("DependencyViolation.Instance", "ClassicLink Instances exist in VPC.")
        }
        (SwitchRefusal::HasLinks, DisableWithLinks::InvalidAction) => {
            Failure::bad("InvalidAction", "The VPC is connected to classic network instances; cancel that first.")
        }
    }
}

struct Words<'a> {
    settings: &'a Settings,
}

type Row = (u16, &'static str, &'static str);

impl Words<'_> {
    /// What the table of 2024 says, or that of 2018.
    fn pick(&self, g2: Row, g1: Row) -> Failure {
        let (status, code, message) = match self.settings.generation {
            Generation::G2 => g2,
            Generation::G1 => g1,
        };
        Failure::new(StatusCode::from_u16(status).unwrap_or(StatusCode::FORBIDDEN), code, message)
    }

    fn machine_not_found(&self) -> Failure {
        let code = "InvalidInstanceId.NotFound";
        self.pick(
            (403, code, "The InstanceId provided does not exist in our records."),
            (404, code, "The specified InstanceId does not exist."),
        )
    }

    fn machine_not_owned(&self) -> Failure {
        let code = "InvalidInstanceId.NotBelong";
        self.pick(
            (403, code, "The specified instance is not belong to you."),
            (403, code, "The user does not own the specified instance."),
        )
    }

    fn not_classic(&self) -> Failure {
        let code = "InvalidInstanceId.MalFormed";
        self.pick(
            (403, code, "The specified instance is not a classic network instance."),
            (400, code, "The specified instance is not a classic network type instance."),
        )
    }

    fn vpc_not_found(&self) -> Failure {
        let code = "InvalidVpcId.Malformed";
        self.pick(
            (403, code, "The specified parameter ?VpcId? is not valid."),
            (400, code, "The specified VpcId is invalid."),
        )
    }

    fn region_unsupported(&self) -> Failure {
        let row = (
            403,
            "InvalidInstanceId.LimitedRegion",
            "The specified instance does not support this operation due to the limitation of its region.",
        );
        self.pick(row, row)
    }

    fn classic_link_off(&self) -> Failure {
        self.pick(
            (403, "OperationDenied", "The specified vpc is disabled attach classic link."),
            (403, "OperationDenied", "The specified VPC are unable to attach ClassicLink."),
        )
    }

    fn wrong_status(&self) -> Failure {
        let code = "InvalidStatus.InstanceStatus";
        let g2 = "The specified instance status is not support this operation ,expect status is running or shutted.";
        self.pick((403, code, g2), (403, code, "Only the Running or Stopped InstanceStatus is allowed."))
    }

    fn busy(&self, operation: Operation) -> Failure {
        let code = "InvalidStatus.InstanceLocked";
        let g1 = (403, code, "The specified instance is in another processing list.");
        match operation {
            Operation::Attach => self.pick((403, code, "The specified instance is locked,please wait more."), g1),
            // The table of 2024 has no code for a busy machine here.
            Operation::Detach => self.pick((403, "OperationDenied", DETACH_DENIED), g1),
        }
    }

    fn linked_to_other(&self) -> Failure {
        self.pick(
            (403, "OperationDenied", LINKED_TO_OTHER),
            (400, "Abs.InvalidInstanceId.MalFormed", LINKED_TO_OTHER_G1),
        )
    }

    fn linked_to_this_vpc(&self) -> Option<Failure> {
        match self.settings.attach_same_vpc_again {
            SameVpcAgain::Success => None,
            SameVpcAgain::NotAllowed => Some(denied(NOT_ALLOWED)),
            SameVpcAgain::LinkedToOther => Some(denied(LINKED_TO_OTHER)),
            SameVpcAgain::Abs => Some(Failure::bad("Abs.InvalidInstanceId.MalFormed", LINKED_TO_OTHER_G1)),
        }
    }

    fn quota(&self) -> Failure {
        self.pick(
            (403, "QuotaExceeded", "The link quota exceeded in this vpc."),
            (403, "QuotaExceeded", "The maximum number of links in the specified VPC exceeds."),
        )
    }

    fn no_link(&self) -> Option<Failure> {
        match (self.settings.generation, self.settings.detach_without_link) {
            (Generation::G2, _) => {
                Some(Failure::forbidden("InvalidOperation.InvalidVpc", "The specified instance not link specify vpc"))
            }
            (Generation::G1, DetachWithoutLink::Success) => None,
            (Generation::G1, DetachWithoutLink::OperationDenied) => Some(denied(DETACH_DENIED)),
        }
    }
}

fn denied(message: &str) -> Failure {
    Failure::forbidden("OperationDenied", message)
}
