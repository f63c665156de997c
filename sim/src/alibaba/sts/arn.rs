//! Names of roles: `acs:ram::<account>:role/<name>`.

use super::super::params::Params;
use crate::sim::Sim;
use crate::world::Cloud;

/// Numbers of roles have eighteen digits and begin with a 3 in the documents.
const FIRST: u64 = 300_000_000_000_000_000;

/// A role as a request names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Arn {
    pub(super) account: String,
    pub(super) role: String,
}

impl Arn {
    /// Reads a name; none if it has another form.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (account, role) = text.strip_prefix("acs:ram::")?.split_once(":role/")?;
        let is_form = !account.is_empty() && !role.is_empty() && !role.contains('/');
        is_form.then(|| Self { account: account.to_owned(), role: role.to_owned() })
    }

    /// Whether the account is one of this cloud and has the role.
    pub(super) fn is_there(&self, sim: &Sim) -> bool {
        sim.world.cloud(&self.account) == Cloud::Alibaba && sim.world.role(&self.account, &self.role).is_some()
    }
}

/// The number of a role, as the cloud writes it.
pub(super) fn number(id: u64) -> u64 {
    FIRST.saturating_add(id)
}

/// The account of the role that is asked for, if there is such an account.
pub(super) fn owner(sim: &Sim, params: &Params) -> Option<String> {
    let arn = Arn::parse(params.text("RoleArn")?)?;
    sim.world.accounts().any(|(id, _)| *id == arn.account).then_some(arn.account)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_has_one_form_of_name() {
        let arn = Arn::parse("acs:ram::1135:role/testoidc").unwrap();
        assert_eq!((arn.account.as_str(), arn.role.as_str()), ("1135", "testoidc"));
        for other in
            ["", "acs:ram::1135:role/", "acs:ram:::role/x", "acs:ram::1135:user/x", "qcs::cam::uin/1:roleName/x"]
        {
            assert_eq!(Arn::parse(other), None, "{other}");
        }
    }
}
