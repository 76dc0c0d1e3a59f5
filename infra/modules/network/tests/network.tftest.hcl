# What the network must be, whatever the account: run with mocked providers, so without network or credentials.
# It says that the configuration is right in shape; tests/infra/test_moto_apply.py makes it for real on moto.

mock_provider "aws" {
  mock_resource "aws_vpc" {
    defaults = {
      id                     = "vpc-1"
      ipv6_cidr_block        = "2a05:d014:1:2f00::/56"
      default_network_acl_id = "acl-default"
      default_route_table_id = "rtb-default"
    }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:/zichkoding/staging/flow" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/zichkoding-staging-flow" }
  }
}

variables {
  environment = "staging"
  account     = "123456789012"
  region      = "eu-central-1"
}

run "nobody_reaches_it_and_it_gets_out_by_ipv6_for_nothing" {
  assert {
    condition     = length(aws_nat_gateway.this) == 0 && length(aws_internet_gateway.nat) == 0 && length(aws_eip.nat) == 0
    error_message = "There is no NAT gateway, and no gateway that lets anybody in."
  }
  assert {
    condition     = aws_route.ipv6[0].destination_ipv6_cidr_block == "::/0" && aws_route.ipv6[0].route_table_id == aws_route_table.functions.id
    error_message = "The functions go out through the gateway that only lets out."
  }
  assert {
    condition = alltrue(concat(
      [for subnet in aws_subnet.functions : !subnet.map_public_ip_on_launch && subnet.ipv6_cidr_block != null],
      [for subnet in aws_subnet.data : !subnet.map_public_ip_on_launch && subnet.ipv6_cidr_block == null],
    ))
    error_message = "No subnet gives public addresses, and the data have none that outside knows."
  }
  assert {
    condition     = length(aws_vpc_endpoint.this) == 0
    error_message = "An endpoint costs by the hour, so none is there that nobody asked for."
  }
}

run "two_zones_and_no_overlap" {
  assert {
    condition     = toset([for subnet in aws_subnet.functions : subnet.availability_zone]) == toset(["eu-central-1a", "eu-central-1b"])
    error_message = "The functions are in two zones."
  }
  assert {
    condition     = toset([for subnet in aws_subnet.data : subnet.availability_zone]) == toset(["eu-central-1a", "eu-central-1b"])
    error_message = "The data are in two zones."
  }
  assert {
    condition = sort([for subnet in concat(values(aws_subnet.functions), values(aws_subnet.data)) : subnet.cidr_block]) == tolist([
      "10.20.0.0/26", "10.20.0.64/26", "10.20.1.0/26", "10.20.1.64/26",
    ])
    error_message = "Each subnet has its own sixteenth of the addresses."
  }
  assert {
    condition     = length(output.subnet_ids) == 2 && length(output.data_subnet_ids) == 2
    error_message = "Whoever uses the network gets both zones."
  }
}

run "each_part_hears_only_whom_it_must" {
  assert {
    condition = toset([for rule in aws_vpc_security_group_ingress_rule.this : rule.description]) == toset([
      "From api.", "From proxy.",
    ])
    error_message = "Nobody but the functions and the proxy is heard."
  }
  assert {
    condition     = alltrue([for rule in aws_vpc_security_group_ingress_rule.this : rule.cidr_ipv4 == null && rule.cidr_ipv6 == null])
    error_message = "Groups are named, not addresses: who is let in is who is in the group."
  }
  assert {
    condition     = toset([for rule in aws_vpc_security_group_ingress_rule.this : rule.from_port]) == toset([5432, 6379])
    error_message = "Only PostgreSQL and the cache are heard."
  }
  assert {
    condition     = [for key, rule in aws_vpc_security_group_egress_rule.this : key if startswith(key, "database") || startswith(key, "cache")] == []
    error_message = "The data speak to nobody by themselves."
  }
  assert {
    condition = alltrue([
      for rule in aws_vpc_security_group_egress_rule.outside : rule.from_port == 443 && rule.to_port == 443 && rule.ip_protocol == "tcp"
    ])
    error_message = "Only TLS leaves."
  }
}

run "what_nobody_chose_is_closed" {
  assert {
    condition     = length(aws_default_security_group.this.ingress) == 0 && length(aws_default_security_group.this.egress) == 0
    error_message = "AWS's default group lets nothing pass."
  }
  assert {
    condition     = length(aws_default_network_acl.this.ingress) == 0 && length(aws_default_network_acl.this.egress) == 0
    error_message = "Nor does its default list."
  }
  assert {
    condition     = length(aws_default_route_table.this.route) == 0
    error_message = "And its default table leads nowhere."
  }
}

run "the_fence_keeps_outsiders_from_the_data" {
  assert {
    condition     = alltrue([for rule in aws_network_acl.data.ingress : rule.cidr_block == "10.20.0.0/22"])
    error_message = "Only this network's addresses come to the data."
  }
  assert {
    condition     = alltrue([for rule in aws_network_acl.data.egress : rule.cidr_block == "10.20.0.0/22"])
    error_message = "Nothing of the data leaves this network."
  }
  assert {
    condition     = alltrue([for rule in aws_network_acl.functions.ingress : rule.from_port >= 1024 || rule.cidr_block == "10.20.0.0/22" || rule.protocol == "58"])
    error_message = "From outside only answers come to the functions."
  }
}

run "the_traffic_is_logged_and_forgotten" {
  assert {
    condition     = aws_flow_log.this.traffic_type == "ALL" && aws_cloudwatch_log_group.flow.retention_in_days == 30
    error_message = "All traffic is logged, and kept for a month."
  }
  assert {
    condition     = jsondecode(aws_iam_role_policy.flow.policy).Statement[0].Resource == "${aws_cloudwatch_log_group.flow.arn}:*"
    error_message = "The role writes this one log."
  }
  assert {
    condition     = jsondecode(aws_iam_role.flow.assume_role_policy).Statement[0].Condition.StringEquals["aws:SourceAccount"] == "123456789012"
    error_message = "No other account borrows the role."
  }
}

run "endpoints_are_closed_to_other_accounts" {
  variables {
    egress    = "none"
    endpoints = ["sqs", "email"]
  }

  assert {
    condition     = toset([for endpoint in aws_vpc_endpoint.this : endpoint.service_name]) == toset(["com.amazonaws.eu-central-1.sqs", "com.amazonaws.eu-central-1.email"])
    error_message = "Each asked service has its endpoint."
  }
  assert {
    condition = alltrue([
      for endpoint in aws_vpc_endpoint.this :
      jsondecode(endpoint.policy).Statement[0].Condition.StringEquals["aws:ResourceAccount"] == "123456789012"
      && jsondecode(endpoint.policy).Statement[0].Condition.StringEquals["aws:PrincipalAccount"] == "123456789012"
      && endpoint.private_dns_enabled
    ])
    error_message = "Only this account's roles reach this account's resources."
  }
  assert {
    condition     = length(aws_vpc_security_group_egress_rule.outside) == 0 && length(aws_egress_only_internet_gateway.this) == 0 && length(aws_route.ipv6) == 0
    error_message = "Without a way out nothing gets out."
  }
  assert {
    condition     = !output.is_dual_stack && aws_subnet.functions["a"].ipv6_cidr_block == null
    error_message = "Nor is there an address for it."
  }
}

run "a_nat_gateway_only_where_it_is_asked_for" {
  variables {
    egress = "nat"
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 1 && aws_route.functions_nat[0].destination_cidr_block == "0.0.0.0/0"
    error_message = "The functions go out through one NAT gateway."
  }
  assert {
    condition     = aws_route_table_association.data["a"].route_table_id == aws_route_table.data.id && aws_route_table.data.id != aws_route_table.functions.id
    error_message = "The data still have no way out."
  }
}

run "an_unknown_way_out_is_refused" {
  command = plan

  variables {
    egress = "vpn"
  }

  expect_failures = [var.egress]
}

run "public_addresses_are_refused" {
  command = plan

  variables {
    cidr = "52.1.0.0/20"
  }

  expect_failures = [var.cidr]
}

run "one_zone_twice_is_refused" {
  command = plan

  variables {
    zones = ["a", "a"]
  }

  expect_failures = [var.zones]
}

run "a_name_of_no_environment_is_refused" {
  command = plan

  variables {
    environment = "prod"
  }

  expect_failures = [var.environment]
}
