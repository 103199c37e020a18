"""What is told of decisions: counts for reports, statements of reasons for the EU's database, reasons for authors."""
