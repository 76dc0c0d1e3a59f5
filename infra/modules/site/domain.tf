# The names: where they lead to, and the certificate that proves them, renewed by AWS for as long as its record is there.

locals {
  # Anybody who knows a preview's name may look at it; production has none (publish.py refuses them there).
  previews = var.domain == null || local.is_production ? [] : ["*.preview.${var.domain.name}"]
  names    = var.domain == null ? [] : concat([var.domain.name], sort(tolist(var.domain.aliases)))
  hosts    = toset(concat(local.names, local.previews))
  # A wildcard is proved by the record of the name below it.
  proved = toset([for host in local.hosts : trimprefix(host, "*.")])
}

resource "aws_acm_certificate" "this" {
  count    = var.domain == null ? 0 : 1
  provider = aws.global

  domain_name               = var.domain.name
  subject_alternative_names = setsubtract(local.hosts, [var.domain.name])
  validation_method         = "DNS"
  key_algorithm             = "EC_prime256v1"

  # The distribution has the old one until it has the new one.
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_route53_record" "proof" {
  for_each = local.proved

  zone_id = var.domain.zone_id
  name    = local.proofs[each.key][0].resource_record_name
  type    = local.proofs[each.key][0].resource_record_type
  records = [local.proofs[each.key][0].resource_record_value]
  ttl     = 300
  # Another environment, or a certificate before this one, may have proved the same name with the same record.
  allow_overwrite = true
}

locals {
  proofs = {
    for option in flatten(aws_acm_certificate.this[*].domain_validation_options) : trimprefix(option.domain_name, "*.") => option...
  }
}

resource "aws_acm_certificate_validation" "this" {
  count    = var.domain == null ? 0 : 1
  provider = aws.global

  certificate_arn         = aws_acm_certificate.this[0].arn
  validation_record_fqdns = [for record in aws_route53_record.proof : record.fqdn]
}

resource "aws_route53_record" "ipv4" {
  for_each = local.hosts

  zone_id = var.domain.zone_id
  name    = each.value
  type    = "A"

  alias {
    name                   = aws_cloudfront_distribution.this.domain_name
    zone_id                = aws_cloudfront_distribution.this.hosted_zone_id
    evaluate_target_health = false
  }
}

resource "aws_route53_record" "ipv6" {
  for_each = local.hosts

  zone_id = var.domain.zone_id
  name    = each.value
  type    = "AAAA"

  alias {
    name                   = aws_cloudfront_distribution.this.domain_name
    zone_id                = aws_cloudfront_distribution.this.hosted_zone_id
    evaluate_target_health = false
  }
}
