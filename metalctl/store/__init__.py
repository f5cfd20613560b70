"""What we remember: schema, migrations, repositories, artifacts, audit trail."""
