# Two tiers in two zones, neither of which anybody can reach from outside: the functions, which may go out as far as
# `egress` lets them, and the data, whose subnets have no way out at all.

locals {
  name  = "zichkoding-${var.environment}"
  zones = { for letter in var.zones : letter => "${var.region}${letter}" }
  # Sixteen parts: 0 and 1 are the functions', 4 and 5 the data's, 8 the one of the NAT gateway. The rest is free.
  parts   = { for number, letter in var.zones : letter => number }
  is_ipv6 = var.egress == "ipv6"
  is_nat  = var.egress == "nat"
}

resource "aws_vpc" "this" {
  cidr_block                       = var.cidr
  assign_generated_ipv6_cidr_block = local.is_ipv6
  enable_dns_support               = true
  # The interface endpoints' own names need it.
  enable_dns_hostnames = true

  tags = { Name = local.name }
}

resource "aws_subnet" "functions" {
  for_each = local.zones

  vpc_id                          = aws_vpc.this.id
  availability_zone               = each.value
  cidr_block                      = cidrsubnet(var.cidr, 4, local.parts[each.key])
  ipv6_cidr_block                 = local.is_ipv6 ? cidrsubnet(aws_vpc.this.ipv6_cidr_block, 8, local.parts[each.key]) : null
  assign_ipv6_address_on_creation = local.is_ipv6
  map_public_ip_on_launch         = false

  tags = { Name = "${local.name}-functions-${each.key}" }
}

resource "aws_subnet" "data" {
  for_each = local.zones

  vpc_id                  = aws_vpc.this.id
  availability_zone       = each.value
  cidr_block              = cidrsubnet(var.cidr, 4, 4 + local.parts[each.key])
  map_public_ip_on_launch = false

  tags = { Name = "${local.name}-data-${each.key}" }
}

# What nobody chose is closed: the groups and tables that AWS makes with the network let nothing pass.

resource "aws_default_security_group" "this" {
  vpc_id = aws_vpc.this.id

  tags = { Name = "${local.name}-closed" }
}

resource "aws_default_network_acl" "this" {
  default_network_acl_id = aws_vpc.this.default_network_acl_id

  tags = { Name = "${local.name}-closed" }
}

resource "aws_default_route_table" "this" {
  default_route_table_id = aws_vpc.this.default_route_table_id
  route                  = []

  tags = { Name = "${local.name}-closed" }
}
