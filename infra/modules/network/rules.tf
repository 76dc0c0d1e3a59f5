# Who may speak to whom, said once as a table. Everything else is refused.

locals {
  groups = merge({
    api      = "The functions of the API."
    proxy    = "The proxy before the database."
    database = "The database."
    cache    = "The cache."
  }, length(var.endpoints) > 0 ? { endpoints = "The endpoints of AWS services." } : {})

  # From whom to whom, on which ports. The cache reads from replicas on 6380.
  talks = merge({
    api_database   = { from = "api", to = "database", first = 5432, last = 5432 }
    api_proxy      = { from = "api", to = "proxy", first = 5432, last = 5432 }
    proxy_database = { from = "proxy", to = "database", first = 5432, last = 5432 }
    api_cache      = { from = "api", to = "cache", first = 6379, last = 6380 }
  }, length(var.endpoints) > 0 ? { api_endpoints = { from = "api", to = "endpoints", first = 443, last = 443 } } : {})
}

resource "aws_security_group" "this" {
  for_each = local.groups

  name        = "${local.name}-${each.key}"
  description = each.value
  vpc_id      = aws_vpc.this.id

  tags = { Name = "${local.name}-${each.key}" }
}

resource "aws_vpc_security_group_egress_rule" "this" {
  for_each = local.talks

  security_group_id            = aws_security_group.this[each.value.from].id
  referenced_security_group_id = aws_security_group.this[each.value.to].id
  description                  = "To ${each.value.to}."
  ip_protocol                  = "tcp"
  from_port                    = each.value.first
  to_port                      = each.value.last
}

resource "aws_vpc_security_group_ingress_rule" "this" {
  for_each = local.talks

  security_group_id            = aws_security_group.this[each.value.to].id
  referenced_security_group_id = aws_security_group.this[each.value.from].id
  description                  = "From ${each.value.from}."
  ip_protocol                  = "tcp"
  from_port                    = each.value.first
  to_port                      = each.value.last
}

# Outside is any address: AWS's own change, and the site, a webhook and an issuer may be anywhere. Only TLS leaves.

resource "aws_vpc_security_group_egress_rule" "outside" {
  count = var.egress == "none" ? 0 : 1

  security_group_id = aws_security_group.this["api"].id
  description       = "To what is outside, by TLS only."
  cidr_ipv4         = local.is_nat ? "0.0.0.0/0" : null
  cidr_ipv6         = local.is_ipv6 ? "::/0" : null
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

# The second fence. It knows no connections, so the ports of answers have to be open; it still keeps everybody who is
# not in this network from reaching the data, whatever a security group says.

resource "aws_network_acl" "data" {
  vpc_id     = aws_vpc.this.id
  subnet_ids = [for letter in var.zones : aws_subnet.data[letter].id]

  # PostgreSQL, the cache, and answers to the proxy, which may come to any port that is not a system's.
  ingress {
    rule_no    = 100
    action     = "allow"
    protocol   = "tcp"
    cidr_block = var.cidr
    from_port  = 1024
    to_port    = 65535
  }

  egress {
    rule_no    = 100
    action     = "allow"
    protocol   = "tcp"
    cidr_block = var.cidr
    from_port  = 1024
    to_port    = 65535
  }

  tags = { Name = "${local.name}-data" }
}

resource "aws_network_acl" "functions" {
  vpc_id     = aws_vpc.this.id
  subnet_ids = [for letter in var.zones : aws_subnet.functions[letter].id]

  # Answers from the data, and what asks an endpoint.
  dynamic "ingress" {
    for_each = { 100 = [1024, 65535], 110 = [443, 443] }
    content {
      rule_no    = ingress.key
      action     = "allow"
      protocol   = "tcp"
      cidr_block = var.cidr
      from_port  = ingress.value[0]
      to_port    = ingress.value[1]
    }
  }

  # Answers from outside.
  dynamic "ingress" {
    for_each = var.egress == "none" ? [] : [200]
    content {
      rule_no         = ingress.value
      action          = "allow"
      protocol        = "tcp"
      cidr_block      = local.is_nat ? "0.0.0.0/0" : null
      ipv6_cidr_block = local.is_ipv6 ? "::/0" : null
      from_port       = 1024
      to_port         = 65535
    }
  }

  # "Packet too big": without it a connection over a narrower line stands still.
  dynamic "ingress" {
    for_each = local.is_ipv6 ? [210] : []
    content {
      rule_no         = ingress.value
      action          = "allow"
      protocol        = "58"
      ipv6_cidr_block = "::/0"
      icmp_type       = 2
      icmp_code       = 0
      from_port       = 0
      to_port         = 0
    }
  }

  dynamic "egress" {
    for_each = { 100 = [1024, 65535], 110 = [443, 443] }
    content {
      rule_no    = egress.key
      action     = "allow"
      protocol   = "tcp"
      cidr_block = var.cidr
      from_port  = egress.value[0]
      to_port    = egress.value[1]
    }
  }

  dynamic "egress" {
    for_each = var.egress == "none" ? [] : [200]
    content {
      rule_no         = egress.value
      action          = "allow"
      protocol        = "tcp"
      cidr_block      = local.is_nat ? "0.0.0.0/0" : null
      ipv6_cidr_block = local.is_ipv6 ? "::/0" : null
      from_port       = 443
      to_port         = 443
    }
  }

  tags = { Name = "${local.name}-functions" }
}

# The NAT gateway passes on what the functions send out, and the answers to it.

resource "aws_network_acl" "nat" {
  count = local.is_nat ? 1 : 0

  vpc_id     = aws_vpc.this.id
  subnet_ids = [aws_subnet.nat[0].id]

  ingress {
    rule_no    = 100
    action     = "allow"
    protocol   = "tcp"
    cidr_block = var.cidr
    from_port  = 443
    to_port    = 443
  }

  ingress {
    rule_no    = 110
    action     = "allow"
    protocol   = "tcp"
    cidr_block = "0.0.0.0/0"
    from_port  = 1024
    to_port    = 65535
  }

  egress {
    rule_no    = 100
    action     = "allow"
    protocol   = "tcp"
    cidr_block = "0.0.0.0/0"
    from_port  = 443
    to_port    = 443
  }

  egress {
    rule_no    = 110
    action     = "allow"
    protocol   = "tcp"
    cidr_block = var.cidr
    from_port  = 1024
    to_port    = 65535
  }

  tags = { Name = "${local.name}-nat" }
}
