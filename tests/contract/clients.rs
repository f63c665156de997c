//! What the operator has for a cloud: a provider of each API, and what gives it keys.

use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use classiclink::{
    cloud::{
        Provider, alibaba,
        credentials::{Ambient, Credentials, Keyring, Tokens},
        http::Client,
        pace::Pace,
        tencent,
    },
    link::Region,
};

use crate::{
    api::Api,
    cloud::{Cloud, KEY, SECRET},
    subject::Subject,
};

/// The operator's own client, as it is; to make one takes a while.
static PATIENT: LazyLock<Client> = LazyLock::new(|| Client::new().unwrap());

impl Cloud {
    /// A provider with the right keys.
    pub(crate) fn provider(&self) -> Subject {
        self.provider_with(Some((KEY, SECRET, None)))
    }

    /// A provider with these keys, or none: id, secret, token.
    pub(crate) fn provider_with(&self, keys: Option<(&str, &str, Option<&str>)>) -> Subject {
        self.subject(self.address(), keys, PATIENT.clone())
    }

    /// A provider whose calls end at another time than those of the operator.
    pub(crate) fn with_deadline(&self, deadline: Duration) -> Subject {
        self.subject(self.address(), Some((KEY, SECRET, None)), Client::with_deadline(deadline).unwrap())
    }

    /// A provider that calls another address.
    pub(crate) fn astray(&self, at: &str) -> Subject {
        self.subject(at, Some((KEY, SECRET, None)), PATIENT.clone())
    }

    /// What gives keys to a process with this environment.
    pub(crate) fn tokens(&self, ambient: Ambient) -> Box<dyn Tokens> {
        let metadata = Some(self.at.metadata.as_str());
        if self.api == Api::Alibaba {
            let sts = Some(self.at.alibaba_sts.as_str());
            Box::new(alibaba::Sts::new(sts, metadata, ambient, PATIENT.clone()).unwrap())
        } else {
            let sts = Some(self.at.tencent_sts.as_str());
            Box::new(tencent::Sts::new(sts, metadata, ambient, PATIENT.clone()).unwrap())
        }
    }

    fn address(&self) -> &str {
        self.api.of(&self.at.tencent_v2, &self.at.tencent_v3, &self.at.alibaba)
    }

    fn subject(&self, at: &str, keys: Option<(&str, &str, Option<&str>)>, http: Client) -> Subject {
        let keyring = Keyring::default();
        if let Some((id, secret, token)) = keys {
            keyring.put(Ok(Credentials::new(id.into(), secret.into(), token.map(Into::into))));
        }
        let keyring = Arc::new(keyring);
        // The budget is another one's business: what is waited for here is the cloud.
        let pace = Pace::new(1000).resting(Duration::ZERO);
        let (region, at) = (Region::new(self.api.region()).unwrap(), Some(at.to_owned()));
        let tencent = tencent::Endpoints { vpc: at.clone(), cvm: at.clone() };
        let provider: Box<dyn Provider> = match self.api {
            Api::V2 => Box::new(tencent::V2::new(&tencent, region, keyring, pace, http).unwrap()),
            Api::V3 => Box::new(tencent::V3::new(&tencent, region, keyring, pace, http).unwrap()),
            Api::Alibaba => {
                let endpoints = alibaba::Endpoints { ecs: at.clone(), vpc: at };
                Box::new(alibaba::Ecs::new(&endpoints, region, keyring, pace, http).unwrap())
            }
        };
        Subject::new(provider, &self.asked)
    }
}
