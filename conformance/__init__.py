"""The judge: drives a retailer's system through scenarios and judges the traffic by rules."""
