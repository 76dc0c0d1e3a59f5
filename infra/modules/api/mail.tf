# Mail: the domain proves by DNS that it is ours, and an address that mail came back from gets none any more.

resource "aws_sesv2_configuration_set" "this" {
  configuration_set_name = local.name

  delivery_options {
    # Not handed over in clear: a message is what somebody wrote to us alone.
    tls_policy = "REQUIRE"
  }
  reputation_options {
    reputation_metrics_enabled = true
  }
  sending_options {
    sending_enabled = true
  }
  suppression_options {
    suppressed_reasons = ["BOUNCE", "COMPLAINT"]
  }
}

resource "aws_sesv2_configuration_set_event_destination" "came_back" {
  configuration_set_name = aws_sesv2_configuration_set.this.configuration_set_name
  event_destination_name = "came-back"

  event_destination {
    enabled              = true
    matching_event_types = ["BOUNCE", "COMPLAINT", "REJECT", "RENDERING_FAILURE"]

    # To who watches, one by one: there are few, and each is an address that somebody mistyped or does not want us at.
    sns_destination {
      topic_arn = var.alarm_topic_arn
    }
  }
}

resource "aws_sesv2_email_identity" "this" {
  email_identity         = var.mail.domain
  configuration_set_name = aws_sesv2_configuration_set.this.configuration_set_name

  dkim_signing_attributes {
    next_signing_key_length = "RSA_2048_BIT"
  }
}

# Who sends is then a name of ours too, so that SPF speaks for it.
resource "aws_sesv2_email_identity_mail_from_attributes" "this" {
  email_identity         = aws_sesv2_email_identity.this.email_identity
  mail_from_domain       = "mail.${var.mail.domain}"
  behavior_on_mx_failure = "USE_DEFAULT_VALUE"
}

locals {
  # There are always three; which, SES says when the identity is made.
  dkim_records = {
    for number in range(3) : "dkim${number}" => {
      name    = "${aws_sesv2_email_identity.this.dkim_signing_attributes[0].tokens[number]}._domainkey.${var.mail.domain}"
      type    = "CNAME"
      records = ["${aws_sesv2_email_identity.this.dkim_signing_attributes[0].tokens[number]}.dkim.amazonses.com"]
    }
  }
  mail_records = merge(local.dkim_records, {
    mail_from = {
      name    = "mail.${var.mail.domain}"
      type    = "MX"
      records = ["10 feedback-smtp.${var.region}.amazonses.com"]
    }
    spf = {
      name    = "mail.${var.mail.domain}"
      type    = "TXT"
      records = ["v=spf1 include:amazonses.com -all"]
    }
    dmarc = {
      name    = "_dmarc.${var.mail.domain}"
      type    = "TXT"
      records = ["v=DMARC1; p=quarantine; adkim=s; aspf=r"]
    }
  })
}

resource "aws_route53_record" "mail" {
  for_each = { for key in ["dkim0", "dkim1", "dkim2", "mail_from", "spf", "dmarc"] : key => key if var.mail.zone_id != null }

  zone_id = var.mail.zone_id
  name    = local.mail_records[each.key].name
  type    = local.mail_records[each.key].type
  ttl     = 3600
  records = local.mail_records[each.key].records
}
