"""What access depends on, kept in each worker for as long as it hears of every change."""
