//! A software authenticator and the browser around it: for tests, its keys lie in memory.

use data_encoding::BASE64URL_NOPAD as BASE64URL;
use p256::SecretKey;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{DerSignature, SigningKey};
use regain::entropy::{Entropy as _, SystemEntropy};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// User present, user verified.
const PRESENT_AND_VERIFIED: u8 = 0b0000_0101;
/// A new credential is attached.
const ATTESTED: u8 = 0b0100_0000;

/// One passkey on one device. A clone has the same key and the same counter, as a copied authenticator has.
#[derive(Clone)]
pub struct Authenticator {
    credential: [u8; 16],
    key: SigningKey,
    counter: u32,
    user: Option<String>,
}

/// Where the browser is, and what it signs for; a browser tells the truth, an attacker's tool need not.
#[derive(Clone, Copy)]
pub struct Site<'s> {
    pub origin: &'s str,
    pub rp_id: &'s str,
}

impl Authenticator {
    /// A device that has just made a key.
    pub fn new() -> Self {
        let mut credential = [0; 16];
        SystemEntropy.fill(&mut credential).expect("the system has entropy");
        Self { credential, key: new_key(), counter: 1, user: None }
    }

    /// The host's name for the factor: the credential's id, as the browser writes it.
    pub fn name(&self) -> String {
        BASE64URL.encode(&self.credential)
    }

    /// The same credential id and counter, and a key that somebody else made.
    pub fn with_another_key(&self) -> Self {
        Self { key: new_key(), ..self.clone() }
    }

    /// Sets the counter of signatures.
    pub fn set_counter(&mut self, counter: u32) {
        self.counter = counter;
    }

    /// What `navigator.credentials.create` gives for these options, as JSON.
    pub fn create(&mut self, options: &[u8], site: Site<'_>) -> Vec<u8> {
        let options = read(options);
        self.user = options["user"]["id"].as_str().map(str::to_owned);
        let client_data = client_data("webauthn.create", text(&options["challenge"]), site);
        let mut data = self.data(PRESENT_AND_VERIFIED | ATTESTED, site.rp_id);
        data.extend([0; 16]); // No model is told.
        data.extend([0, 16]);
        data.extend(self.credential);
        data.extend(cose(&self.key));
        let object = attestation_object(&data);
        let credential = json!({
            "id": self.name(),
            "rawId": self.name(),
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": BASE64URL.encode(client_data.as_bytes()),
                "attestationObject": BASE64URL.encode(&object),
                "transports": ["internal"],
            },
        });
        credential.to_string().into_bytes()
    }

    /// What `navigator.credentials.get` gives for these options, as JSON.
    pub fn get(&mut self, options: &[u8], site: Site<'_>) -> Vec<u8> {
        self.sign(text(&read(options)["challenge"]), site)
    }

    /// A signature over this challenge, whoever drew it.
    pub fn sign(&mut self, challenge: &str, site: Site<'_>) -> Vec<u8> {
        self.sign_as(challenge, site, PRESENT_AND_VERIFIED)
    }

    /// One for which nobody showed a finger or typed a PIN.
    pub fn sign_unverified(&mut self, options: &[u8], site: Site<'_>) -> Vec<u8> {
        self.sign_as(text(&read(options)["challenge"]), site, 1)
    }

    fn sign_as(&mut self, challenge: &str, site: Site<'_>, flags: u8) -> Vec<u8> {
        self.counter += 1;
        let client_data = client_data("webauthn.get", challenge, site);
        let data = self.data(flags, site.rp_id);
        let signed = [&data[..], &Sha256::digest(client_data.as_bytes())].concat();
        let signature: DerSignature = self.key.sign(&signed);
        let assertion = json!({
            "id": self.name(),
            "rawId": self.name(),
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": BASE64URL.encode(client_data.as_bytes()),
                "authenticatorData": BASE64URL.encode(&data),
                "signature": BASE64URL.encode(signature.as_bytes()),
                "userHandle": self.user,
            },
        });
        assertion.to_string().into_bytes()
    }

    /// WebAuthn 6.1: the hash of the RP id, the flags, the counter.
    fn data(&self, flags: u8, rp_id: &str) -> Vec<u8> {
        let mut data = Sha256::digest(rp_id.as_bytes()).to_vec();
        data.push(flags);
        data.extend(self.counter.to_be_bytes());
        data
    }
}

/// The challenge in a request's options, for whoever wants to sign it elsewhere.
pub fn challenge_in(options: &[u8]) -> String {
    text(&read(options)["challenge"]).to_owned()
}

fn new_key() -> SigningKey {
    loop {
        let mut bytes = [0; 32];
        SystemEntropy.fill(&mut bytes).expect("the system has entropy");
        // One in 2^32 is no scalar of the curve.
        if let Ok(key) = SecretKey::from_slice(&bytes) {
            return key.into();
        }
    }
}

/// WebAuthn 5.8.1.
fn client_data(kind: &str, challenge: &str, site: Site<'_>) -> String {
    json!({ "type": kind, "challenge": challenge, "origin": site.origin, "crossOrigin": false }).to_string()
}

/// RFC 9053: kty 2, alg -7, crv 1, then both coordinates.
fn cose(key: &SigningKey) -> Vec<u8> {
    let point = key.verifying_key().to_encoded_point(false);
    let (x, y) = (point.x().expect("a public key is no infinity"), point.y().expect("it is not compressed"));
    let head = [0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01];
    [&head[..], &[0x21, 0x58, 0x20], x, &[0x22, 0x58, 0x20], y].concat()
}

/// CBOR of `{fmt: "none", attStmt: {}, authData: data}`.
fn attestation_object(data: &[u8]) -> Vec<u8> {
    let length = u8::try_from(data.len()).expect("the data of a P-256 key is below 256 bytes");
    [b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58", &[length][..], data].concat()
}

fn read(options: &[u8]) -> Value {
    serde_json::from_slice(options).expect("options are JSON")
}

fn text(value: &Value) -> &str {
    value.as_str().expect("options have this text")
}
