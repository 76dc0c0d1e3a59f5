output "vpc_id" {
  description = "The network."
  value       = aws_vpc.this.id
}

output "subnet_ids" {
  description = "The functions' subnets, one for each zone."
  value       = [for letter in var.zones : aws_subnet.functions[letter].id]
}

output "data_subnet_ids" {
  description = "The subnets of the database, the proxy and the cache, one for each zone; they have no way out."
  value       = [for letter in var.zones : aws_subnet.data[letter].id]
}

output "security_group_ids" {
  description = "The group of each part: api, proxy, database, cache."
  value       = { for name in ["api", "proxy", "database", "cache"] : name => aws_security_group.this[name].id }
}

output "is_dual_stack" {
  description = "Whether functions have to be let out by IPv6: ipv6_allowed_for_dual_stack, and AWS_USE_DUALSTACK_ENDPOINT=true in their environment."
  value       = local.is_ipv6
}

output "flow_log_group_name" {
  description = "The log of the network's traffic."
  value       = aws_cloudwatch_log_group.flow.name
}
