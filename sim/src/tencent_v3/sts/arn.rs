//! Names of roles (598/33164): `qcs::cam::uin/<account>:roleName/<name>` or `qcs::cam::uin/<account>:role/<number>`.

use super::super::params::Params;
use crate::sim::Sim;
use crate::world::Cloud;

/// Numbers of roles begin here: the documents show 4611686018427397919.
const FIRST: u64 = 4_611_686_018_427_390_000;

/// A role as a request names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Arn {
    pub(super) account: String,
    role: Name,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Name {
    Text(String),
    Number(u64),
}

impl Arn {
    /// Reads a name; none if it has another form.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (account, role) = text.strip_prefix("qcs::cam::uin/")?.split_once(':')?;
        let role = match role.split_once('/')? {
            ("roleName", name) if !name.is_empty() => Name::Text(name.to_owned()),
            ("role", number) => Name::Number(number.parse().ok()?),
            _ => return None,
        };
        Some(Self { account: account.to_owned(), role })
    }

    /// What the role is called, if the account has it.
    pub(super) fn role(&self, sim: &Sim) -> Option<String> {
        if sim.world.cloud(&self.account) != Cloud::Tencent {
            return None;
        }
        match &self.role {
            Name::Text(name) => sim.world.role(&self.account, name).map(|_| name.clone()),
            Name::Number(number) => sim.world.role_name(&self.account, number.checked_sub(FIRST)?).cloned(),
        }
    }
}

/// The number of a role, as the cloud writes it.
pub(super) fn number(id: u64) -> u64 {
    FIRST.saturating_add(id)
}

/// The account of the role that is asked for, if there is such an account.
pub(super) fn owner(sim: &Sim, params: &Params) -> Option<String> {
    let arn = Arn::parse(params.value("RoleArn")?.as_str()?)?;
    sim.world.accounts().any(|(id, _)| *id == arn.account).then_some(arn.account)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_named_by_name_or_by_number_and_in_no_other_way() {
        let named = Arn::parse("qcs::cam::uin/12345678:roleName/testRoleName").unwrap();
        assert_eq!((named.account.as_str(), named.role), ("12345678", Name::Text("testRoleName".into())));
        let numbered = Arn::parse("qcs::cam::uin/12345678:role/4611686018427397919").unwrap();
        assert_eq!(numbered.role, Name::Number(4_611_686_018_427_397_919));
        for other in ["", "qcs::cam::uin/1:roleName/", "qcs::cam::uin/1:role/x", "acs:ram::1:role/x", "qcs::cam::uin/1"]
        {
            assert_eq!(Arn::parse(other), None, "{other}");
        }
    }
}
