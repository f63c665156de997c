//! One account and region through one API: its addresses, its keys, its budget.
//!
//! Looks take their place in the budget here, page by page; a change brings its own. Nothing is repeated.

use std::{marker::PhantomData, sync::Arc};

use serde::de::DeserializeOwned;

use super::{
    Endpoints,
    call::{Call, Dialect},
};
use crate::{
    cloud::{
        Action, CloudError, Kind, Lane,
        clean::Cleaner,
        credentials::{Credentials, Keyring},
        endpoint::{BadEndpoint, Endpoint},
        http::Client,
        pace::Pace,
    },
    link::Region,
};

/// Makes the calls of one account and region.
#[derive(Debug)]
pub(super) struct Caller<D> {
    vpc: Endpoint,
    cvm: Endpoint,
    region: Region,
    keyring: Arc<Keyring>,
    pace: Pace,
    http: Client,
    dialect: PhantomData<D>,
}

impl<D: Dialect> Caller<D> {
    pub(super) fn new(
        endpoints: &Endpoints,
        region: Region,
        keyring: Arc<Keyring>,
        pace: Pace,
        http: Client,
    ) -> Result<Self, BadEndpoint> {
        let vpc = Endpoint::new("vpc", endpoints.vpc.as_deref().unwrap_or(D::VPC), D::PATH)?;
        let cvm = Endpoint::new("cvm", endpoints.cvm.as_deref().unwrap_or(D::CVM), D::PATH)?;
        Ok(Self { vpc, cvm, region, keyring, pace, http, dialect: PhantomData })
    }

    /// Takes a place in the budget, then calls.
    pub(super) async fn look<T: DeserializeOwned>(
        &self,
        action: Action,
        lane: Lane,
        own: D::Own,
    ) -> Result<T, CloudError> {
        let _permit = self.pace.permit(action, lane).await;
        self.call(action, own).await
    }

    /// Calls once; the budget learns from it.
    pub(super) async fn call<T: DeserializeOwned>(&self, action: Action, own: D::Own) -> Result<T, CloudError> {
        let keys = self.keyring.for_call(action.is_change()).await;
        let keys = keys.map_err(|(kind, message)| Self::error(action, kind, &message))?;
        let (result, about_token) = self.prepare(action, &keys).send::<D, T>(&self.http, own).await;
        self.pace.learn(action, &result);
        if about_token {
            self.keyring.doubt(&keys);
        }
        result
    }

    fn prepare<'a>(&'a self, action: Action, keys: &'a Credentials) -> Call<'a> {
        let endpoint = match action {
            Action::ListMachines => &self.cvm,
            Action::Attach
            | Action::Detach
            | Action::ListLinks
            | Action::ReadVpc
            | Action::ReadTask
            | Action::ReadQuota => &self.vpc,
        };
        Call { endpoint, action, region: self.region.as_str(), keys }
    }

    /// An error about an answer, in words of ours.
    pub(super) fn error(action: Action, kind: Kind, message: &str) -> CloudError {
        let (code, message) = (String::new(), message.to_owned());
        CloudError { kind, action: D::name(action), code, message, request_id: None }
    }

    /// A text of the cloud that goes into a success, made fit for people.
    pub(super) fn text(&self, text: &str) -> String {
        // Without keys nothing was sent, and nothing can have come back.
        let clean =
            |keys: Arc<Credentials>| Cleaner { keys: &keys, signature: "", encode: super::in_a_form }.message(text);
        self.keyring.current().map(clean).unwrap_or_default()
    }
}
