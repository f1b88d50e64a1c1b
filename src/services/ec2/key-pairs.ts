// Key pairs: imported public keys only; Atoll makes no private keys.
import { createHash } from "node:crypto";
import type { KeyPairInfo } from "@aws-sdk/client-ec2";
import { type Ec2Operations, scopeOf } from "./deps.ts";
import { ec2Error, missingParameter, required } from "./errors.ts";
import { describe } from "./filters.ts";
import type { KeyPairRecord } from "./records.ts";
import type { Scope } from "./scope.ts";
import { specifiedTags, tagList } from "./tags.ts";

function view(record: KeyPairRecord, withKey = false): KeyPairInfo {
  return {
    KeyPairId: record.id,
    KeyName: record.name,
    KeyFingerprint: record.fingerprint,
    KeyType: record.type,
    CreateTime: new Date(record.createdAt),
    ...(withKey ? { PublicKey: record.publicKey } : {}),
    Tags: tagList(record.tags),
  };
}

const byName = (scope: Scope, name: string) => scope.list("key-pair").find((each) => each.name === name);

/** Type and fingerprint of an OpenSSH public key: MD5 of the key for RSA, SHA-256 for Ed25519 (EC2 User Guide, "Verify the fingerprint"). */
function parseKey(material: string): Pick<KeyPairRecord, "type" | "fingerprint"> {
  const [type, body = ""] = material.trim().split(/\s+/);
  const bytes = Buffer.from(body, "base64");
  if (type === "ssh-ed25519" && bytes.length > 0)
    return { type: "ed25519", fingerprint: createHash("sha256").update(bytes).digest("base64") };
  if (type === "ssh-rsa" && bytes.length > 0) {
    return { type: "rsa", fingerprint: createHash("md5").update(bytes).digest("hex").match(/../g)!.join(":") };
  }
  throw ec2Error("InvalidKey.Format", "Key is not in valid OpenSSH public key format");
}

export const keyPairOperations = {
  ImportKeyPair: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const name = required(input.KeyName, "KeyName");
      const publicKey = Buffer.from(required(input.PublicKeyMaterial, "PublicKeyMaterial")).toString("utf8").trim();
      const key = parseKey(publicKey);
      const tags = specifiedTags(input.TagSpecifications, "key-pair");
      if (byName(scope, name)) throw ec2Error("InvalidKeyPair.Duplicate", `The keypair already exists`);
      const record = scope.put("key-pair", { id: scope.newId("key-pair"), tags, name, ...key, publicKey, createdAt: scope.clock.now() });
      return { KeyPairId: record.id, KeyName: name, KeyFingerprint: record.fingerprint, Tags: tagList(tags) };
    },
  },

  DescribeKeyPairs: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      const named = (input.KeyNames ?? []).map((name) => {
        const record = byName(scope, name);
        if (!record) throw ec2Error("InvalidKeyPair.NotFound", `The key pair '${name}' does not exist`);
        return record.id;
      });
      const page = describe({
        input: input.Filters ? { Filters: input.Filters } : {},
        kind: "key-pair",
        ids: [...(input.KeyPairIds ?? []), ...named],
        get: (id) => scope.get("key-pair", id),
        list: () => scope.list("key-pair"),
        view: (record) => view(record, input.IncludePublicKey),
        fields: { "key-pair-id": (each) => each.KeyPairId, fingerprint: (each) => each.KeyFingerprint, "key-name": (each) => each.KeyName },
      });
      return { KeyPairs: page.items };
    },
  },

  DeleteKeyPair: {
    run(input, call, deps) {
      const scope = scopeOf(call, deps);
      if (!input.KeyPairId && !input.KeyName) throw missingParameter("KeyName");
      const record = input.KeyPairId ? scope.get("key-pair", input.KeyPairId) : byName(scope, input.KeyName!);
      if (record) scope.delete("key-pair", record.id);
      return { Return: true, ...(record ? { KeyPairId: record.id } : {}) };
    },
  },
} satisfies Ec2Operations;
