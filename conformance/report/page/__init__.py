"""report.html: one page that needs nothing else, in Latvian and English, for officials and developers alike."""
