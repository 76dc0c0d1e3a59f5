output "state_bucket" {
  description = "Where every environment's state goes: -backend-config=\"bucket=…\" of its init."
  value       = aws_s3_bucket.this["state"].id
}

output "configuration_bucket" {
  description = "Where publish.py finds what describes an environment."
  value       = aws_s3_bucket.this["configuration"].id
}

output "zones" {
  description = "Of each domain: the zone's id, which the environments ask for, and its name servers, which the registrar asks for."
  value       = { for name, zone in aws_route53_zone.this : name => { id = zone.zone_id, name_servers = zone.name_servers } }
}

output "signatures" {
  description = "Of each signed zone: what the registrar asks for, as a DS record or as the public key with its numbers."
  value = {
    for name, key in aws_route53_key_signing_key.this : name => {
      ds_record  = key.ds_record
      key_tag    = key.key_tag
      algorithm  = key.signing_algorithm_type
      flags      = key.flag
      digest     = key.digest_value
      public_key = key.public_key
    }
  }
}
