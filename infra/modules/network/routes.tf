# The ways out. None of them lets anybody in.

resource "aws_route_table" "functions" {
  vpc_id = aws_vpc.this.id

  tags = { Name = "${local.name}-functions" }
}

resource "aws_route_table_association" "functions" {
  for_each = aws_subnet.functions

  subnet_id      = each.value.id
  route_table_id = aws_route_table.functions.id
}

resource "aws_route_table" "data" {
  vpc_id = aws_vpc.this.id

  tags = { Name = "${local.name}-data" }
}

resource "aws_route_table_association" "data" {
  for_each = aws_subnet.data

  subnet_id      = each.value.id
  route_table_id = aws_route_table.data.id
}

resource "aws_egress_only_internet_gateway" "this" {
  count = local.is_ipv6 ? 1 : 0

  vpc_id = aws_vpc.this.id

  tags = { Name = local.name }
}

resource "aws_route" "ipv6" {
  count = local.is_ipv6 ? 1 : 0

  route_table_id              = aws_route_table.functions.id
  destination_ipv6_cidr_block = "::/0"
  egress_only_gateway_id      = aws_egress_only_internet_gateway.this[0].id
}

# One NAT gateway for both zones: a second one costs as much again, and while its zone is away messages are still kept.

resource "aws_subnet" "nat" {
  count = local.is_nat ? 1 : 0

  vpc_id                  = aws_vpc.this.id
  availability_zone       = local.zones[var.zones[0]]
  cidr_block              = cidrsubnet(var.cidr, 4, 8)
  map_public_ip_on_launch = false

  tags = { Name = "${local.name}-nat" }
}

resource "aws_internet_gateway" "nat" {
  count = local.is_nat ? 1 : 0

  vpc_id = aws_vpc.this.id

  tags = { Name = local.name }
}

resource "aws_route_table" "nat" {
  count = local.is_nat ? 1 : 0

  vpc_id = aws_vpc.this.id

  tags = { Name = "${local.name}-nat" }
}

resource "aws_route" "nat_out" {
  count = local.is_nat ? 1 : 0

  route_table_id         = aws_route_table.nat[0].id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.nat[0].id
}

resource "aws_route_table_association" "nat" {
  count = local.is_nat ? 1 : 0

  subnet_id      = aws_subnet.nat[0].id
  route_table_id = aws_route_table.nat[0].id
}

resource "aws_eip" "nat" {
  count = local.is_nat ? 1 : 0

  domain = "vpc"

  tags = { Name = "${local.name}-nat" }

  depends_on = [aws_internet_gateway.nat]
}

resource "aws_nat_gateway" "this" {
  count = local.is_nat ? 1 : 0

  subnet_id     = aws_subnet.nat[0].id
  allocation_id = aws_eip.nat[0].id

  tags = { Name = local.name }
}

resource "aws_route" "functions_nat" {
  count = local.is_nat ? 1 : 0

  route_table_id         = aws_route_table.functions.id
  destination_cidr_block = "0.0.0.0/0"
  nat_gateway_id         = aws_nat_gateway.this[0].id
}

# What is asked of AWS by an endpoint stays inside, whatever the way out is.

resource "aws_vpc_endpoint" "this" {
  for_each = var.endpoints

  vpc_id              = aws_vpc.this.id
  service_name        = "com.amazonaws.${var.region}.${each.key}"
  vpc_endpoint_type   = "Interface"
  private_dns_enabled = true
  subnet_ids          = [for letter in var.zones : aws_subnet.functions[letter].id]
  security_group_ids  = [aws_security_group.this["endpoints"].id]
  # Whatever stands on the other side of an endpoint, only this account's roles and this account's resources pass.
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "OwnAccount"
      Effect    = "Allow"
      Principal = { AWS = "*" }
      Action    = "*"
      Resource  = "*"
      Condition = {
        StringEquals = { "aws:PrincipalAccount" = var.account, "aws:ResourceAccount" = var.account }
      }
    }]
  })

  tags = { Name = "${local.name}-${each.key}" }
}
